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
  /** Edges, four numbers a slot so that one look-up touches one cache line: parent node, token, child node (0, the root, in a free slot), unused. */
  private edges: Int32Array;
  private orders: Uint8Array;
  /** Where an n-gram of the text being counted stands in its list, valid where `stamps` holds this text's number. */
  private places: Int32Array;
  private stamps: Int32Array;
  private texts = 0;
  private nodes = 1;

  /** `expected`: about how many n-grams will be counted; only the time that growing takes depends on it. */
  constructor(
    readonly maxOrder: number,
    expected = 1 << 13,
  ) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(64, 2 * expected)));
    this.edges = new Int32Array(8 * room);
    this.orders = new Uint8Array(room);
    this.places = new Int32Array(room);
    this.stamps = new Int32Array(room);
  }

  /** Ids are below this number. */
  get size(): number {
    return this.nodes;
  }

  /** n of the n-gram with this id. */
  order(id: number): number {
    return this.orders[id]!;
  }

  /** Forgets all n-grams; ids begin anew. For texts that only few others are held against: a small table stays in the processor's cache. */
  clear(): void {
    this.tokens.clear();
    this.edges.fill(0);
    this.stamps.fill(0);
    this.texts = 0;
    this.nodes = 1;
  }

  count(tokens: readonly string[]): NgramCounts {
    const numbers = new Int32Array(tokens.length);
    for (let i = 0; i < tokens.length; i++) numbers[i] = this.token(tokens[i]!);
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
    const { edges } = this;
    const mask = edges.length - 1;
    let slot = slotOf(parent, label) & mask;
    for (let child = edges[slot + 2]!; child !== 0; child = edges[slot + 2]!) {
      if (edges[slot] === parent && edges[slot + 1] === label) return child;
      slot = (slot + 4) & mask;
    }
    const child = this.nodes++;
    edges[slot] = parent;
    edges[slot + 1] = label;
    edges[slot + 2] = child;
    this.orders[child] = this.orders[parent]! + 1;
    // The table is at most half full: it has twice as many slots as there is room for nodes.
    if (this.nodes >= this.orders.length) this.grow();
    return child;
  }

  private grow(): void {
    const { orders, places, stamps, edges } = this;
    this.orders = new Uint8Array(orders.length * 2);
    this.orders.set(orders);
    this.places = new Int32Array(places.length * 2);
    this.places.set(places);
    this.stamps = new Int32Array(stamps.length * 2);
    this.stamps.set(stamps);
    this.edges = new Int32Array(edges.length * 2);
    const mask = this.edges.length - 1;
    for (let old = 0; old < edges.length; old += 4) {
      if (edges[old + 2] === 0) continue;
      let slot = slotOf(edges[old]!, edges[old + 1]!) & mask;
      while (this.edges[slot + 2] !== 0) slot = (slot + 4) & mask;
      this.edges[slot] = edges[old]!;
      this.edges[slot + 1] = edges[old + 1]!;
      this.edges[slot + 2] = edges[old + 2]!;
    }
  }
}

/** Multiplicative mixing of two 32-bit numbers to the place of a slot. */
function slotOf(parent: number, label: number): number {
  const mixed = Math.imul(parent, 0x9e3779b1) ^ Math.imul(label + 1, 0x85ebca6b);
  return (mixed ^ (mixed >>> 15)) << 2;
}
