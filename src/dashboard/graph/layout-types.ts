export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Structure alone: rates come and go without a new layout. */
export interface LayoutQuestion {
  readonly id: number;
  readonly nodes: readonly string[];
  readonly edges: readonly (readonly [from: string, to: string])[];
  /** Positions that stay. */
  readonly kept: readonly (readonly [node: string, at: Point])[];
}

export interface LayoutAnswer {
  readonly id: number;
  readonly positions: readonly (readonly [node: string, at: Point])[];
}

export const NODE_WIDTH = 188;
export const NODE_HEIGHT = 52;
