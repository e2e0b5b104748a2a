/** Weights on disk, whatever the file format, under the names and in the shapes Hugging Face's transformers gives them. */
export interface WeightSource {
  /** Files they come from, for faults. */
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, StoredWeight>;
  /** The values as float32, read when asked for. Throws Fault CHECKPOINT_INVALID that names file and tensor. */
  read(name: string): Float32Array;
}

export interface StoredWeight {
  shape: readonly number[];
  /** As the file has it: F32, BF16, Q4_K, ... */
  dtype: string;
  /** Which of the files holds it, where there are several. */
  file?: string;
}
