/** The distinct n-grams of one text, orders mixed: `ids[i]` occurs `counts[i]` times. */
export interface NgramCounts {
  ids: Int32Array;
  counts: Int32Array;
}

/**
 * Gives every n-gram of orders 1..maxOrder a small integer that is the same for all texts counted with one index.
 * A trie whose edges lie in one open-addressing table: no string is built per n-gram, which is what makes counting slow elsewhere.
 */
export class NgramIndex {
  private readonly tokens = new Map<string, number>();
  /** Edges (parent node, token) -> child node; 0, the root, marks a free slot. */
  private parents = new Int32Array(1 << 15);
  private labels = new Int32Array(1 << 15);
  private children = new Int32Array(1 << 15);
  private orders = new Uint8Array(1 << 14);
  /** Where an n-gram of the text being counted stands in its list, valid where `stamps` holds this text's number. */
  private places = new Int32Array(1 << 14);
  private stamps = new Int32Array(1 << 14);
  private texts = 0;
  private nodes = 1;

  constructor(readonly maxOrder: number) {}

  /** Ids are below this number. */
  get size(): number {
    return this.nodes;
  }

  /** n of the n-gram with this id. */
  order(id: number): number {
    return this.orders[id]!;
  }

  count(tokens: readonly string[]): NgramCounts {
    const numbers = tokens.map((token) => this.token(token));
    const ids = new Int32Array(numbers.length * this.maxOrder);
    const counts = new Int32Array(ids.length);
    let distinct = 0;
    this.texts++;
    for (let start = 0; start < numbers.length; start++) {
      const end = Math.min(start + this.maxOrder, numbers.length);
      let node = 0;
      for (let at = start; at < end; at++) {
        node = this.child(node, numbers[at]!);
        if (this.stamps[node] === this.texts) {
          counts[this.places[node]!]!++;
        } else {
          this.stamps[node] = this.texts;
          this.places[node] = distinct;
          ids[distinct] = node;
          counts[distinct++] = 1;
        }
      }
    }
    return { ids: ids.subarray(0, distinct), counts: counts.subarray(0, distinct) };
  }

  private token(token: string): number {
    let number = this.tokens.get(token);
    if (number === undefined) this.tokens.set(token, (number = this.tokens.size));
    return number;
  }

  private child(parent: number, label: number): number {
    const mask = this.children.length - 1;
    let slot = slotOf(parent, label) & mask;
    for (let child = this.children[slot]!; child !== 0; child = this.children[slot]!) {
      if (this.parents[slot] === parent && this.labels[slot] === label) return child;
      slot = (slot + 1) & mask;
    }
    const child = this.nodes++;
    this.parents[slot] = parent;
    this.labels[slot] = label;
    this.children[slot] = child;
    this.orders[child] = this.orders[parent]! + 1;
    // At most half full; nodes then fit the node arrays, which are half as long.
    if (this.nodes >= this.orders.length) this.grow();
    return child;
  }

  private grow(): void {
    const { parents, labels, children } = this;
    const longer = (old: Int32Array) => {
      const array = new Int32Array(old.length * 2);
      array.set(old);
      return array;
    };
    const orders = new Uint8Array(this.orders.length * 2);
    orders.set(this.orders);
    this.orders = orders;
    this.places = longer(this.places);
    this.stamps = longer(this.stamps);
    this.parents = new Int32Array(parents.length * 2);
    this.labels = new Int32Array(parents.length * 2);
    this.children = new Int32Array(parents.length * 2);
    const mask = this.children.length - 1;
    for (let i = 0; i < children.length; i++) {
      if (children[i] === 0) continue;
      let slot = slotOf(parents[i]!, labels[i]!) & mask;
      while (this.children[slot] !== 0) slot = (slot + 1) & mask;
      this.parents[slot] = parents[i]!;
      this.labels[slot] = labels[i]!;
      this.children[slot] = children[i]!;
    }
  }
}

/** Multiplicative mixing of two 32-bit numbers. */
function slotOf(parent: number, label: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(label + 1, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
