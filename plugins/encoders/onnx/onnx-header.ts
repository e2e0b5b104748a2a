import { FileWindow } from './file-window.js';

/** An input or output of the graph. */
export interface ValueInfo {
  name: string;
  /** TensorProto.DataType; 0 where it is no tensor. */
  type: number;
  /** A number, or the name of a dimension that is known only at run time ('' where it has none); null where the rank is not known. */
  dims: (number | string)[] | null;
}

export interface OnnxHeader {
  /** What a call must be given: inputs of the graph that are no weights. */
  inputs: ValueInfo[];
  outputs: ValueInfo[];
}

/** Names and shapes are short; a length beyond this is damage. */
const longestText = 1 << 16;

/** A field of a message: a number, or the length of what follows. */
interface Field {
  field: number;
  wire: number;
  value: number;
}

/** Reads the messages of onnx.proto (github.com/onnx/onnx, IR version 3 and later) as far as inputs and outputs are concerned. */
class OnnxReader {
  constructor(private readonly file: FileWindow) {}

  header(): OnnxHeader {
    let graph: OnnxHeader | undefined;
    // ModelProto: graph is field 7.
    for (const part of this.#fields(this.file.size)) graph = this.#is(part, 7) ? this.#graph(part.value) : (this.#skip(part), graph);
    if (!graph) throw this.file.invalid('it holds no graph');
    return graph;
  }

  /** GraphProto: initializer 5, input 11, output 12. */
  #graph(length: number): OnnxHeader {
    const weights = new Set<string>();
    const inputs: ValueInfo[] = [];
    const outputs: ValueInfo[] = [];
    for (const part of this.#fields(length)) {
      if (this.#is(part, 5)) weights.add(this.#tensorName(part.value));
      else if (this.#is(part, 11)) inputs.push(this.#valueInfo(part.value));
      else if (this.#is(part, 12)) outputs.push(this.#valueInfo(part.value));
      else this.#skip(part);
    }
    // Until IR version 4 weights were listed as inputs too.
    return { inputs: inputs.filter(({ name }) => !weights.has(name)), outputs };
  }

  /** TensorProto: name 8. */
  #tensorName(length: number): string {
    let name = '';
    for (const part of this.#fields(length)) name = this.#is(part, 8) ? this.#text(part.value) : (this.#skip(part), name);
    return name;
  }

  /** ValueInfoProto: name 1, type 2; TypeProto: tensor_type 1; TypeProto.Tensor: elem_type 1, shape 2. */
  #valueInfo(length: number): ValueInfo {
    const info: ValueInfo = { name: '', type: 0, dims: null };
    for (const part of this.#fields(length)) {
      if (this.#is(part, 1)) info.name = this.#text(part.value);
      else if (this.#is(part, 2)) this.#type(part.value, info);
      else this.#skip(part);
    }
    return info;
  }

  #type(length: number, info: ValueInfo): void {
    for (const part of this.#fields(length)) {
      if (!this.#is(part, 1)) {
        this.#skip(part);
        continue;
      }
      for (const inner of this.#fields(part.value)) {
        if (inner.field === 1 && inner.wire === 0) info.type = inner.value;
        else if (this.#is(inner, 2)) info.dims = this.#shape(inner.value);
        else this.#skip(inner);
      }
    }
  }

  /** TensorShapeProto: dim 1; Dimension: dim_value 1, dim_param 2. */
  #shape(length: number): (number | string)[] {
    const dims: (number | string)[] = [];
    for (const part of this.#fields(length)) {
      if (!this.#is(part, 1)) {
        this.#skip(part);
        continue;
      }
      let dim: number | string = '';
      for (const inner of this.#fields(part.value)) {
        if (inner.field === 1 && inner.wire === 0) dim = inner.value;
        else if (this.#is(inner, 2)) dim = this.#text(inner.value);
        else this.#skip(inner);
      }
      // Some exporters write 0 or -1 for what they do not know.
      dims.push(typeof dim === 'number' && !(dim > 0) ? '' : dim);
    }
    return dims;
  }

  #is({ field, wire }: Field, wanted: number): boolean {
    return field === wanted && wire === 2;
  }

  *#fields(length: number): Generator<Field> {
    const { file } = this;
    const end = file.position + length;
    if (end > file.size) throw file.invalid(`${end - file.size} bytes are missing at its end`);
    while (file.position < end) {
      const start = file.position;
      const tag = this.#varint();
      const [field, wire] = [Math.floor(tag / 8), tag % 8];
      if (field === 0 || ![0, 1, 2, 5].includes(wire)) throw file.invalid(`there is no field at byte ${start}`);
      const value = wire === 1 ? 8 : wire === 5 ? 4 : this.#varint();
      if (wire !== 0 && !(file.position + value <= end)) throw file.invalid(`a field at byte ${start} reaches beyond what it is part of`);
      yield { field, wire, value };
      if (file.position > end) throw file.invalid(`a field at byte ${start} reaches beyond what it is part of`);
    }
  }

  #skip({ wire, value }: Field): void {
    if (wire !== 0) this.file.position += value;
  }

  #text(length: number): string {
    if (length > longestText) throw this.file.invalid(`a name of ${length} bytes`);
    return this.file.text(length);
  }

  /** Up to 64 bits; beyond 2^53 only the sign and size matter, negative ones come out as they are. */
  #varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.file.byte();
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, value));
    }
    throw this.file.invalid(`a number before byte ${this.file.position} does not end`);
  }
}

/**
 * Inputs and outputs of an ONNX model, without loading it.
 * Throws Fault ASSET_MISSING where there is no file, CHECKPOINT_INVALID where it is no whole ONNX model.
 */
export function readOnnxHeader(path: string): OnnxHeader {
  const file = new FileWindow(path);
  try {
    return new OnnxReader(file).header();
  } finally {
    file.close();
  }
}
