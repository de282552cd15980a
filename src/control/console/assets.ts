/** One file of the web console, as it is sent. */
export interface Asset {
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

export interface ConsoleAssets {
  /** Undefined: there is no such file. Paths begin with a slash. */
  get(path: string): Promise<Asset | undefined>;
  /** The page that every view begins with. */
  page(): Promise<Asset>;
}
