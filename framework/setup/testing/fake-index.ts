import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PackageIndex } from '../package-index.js';

export interface FakeIndexOptions {
  /** File name to content, offered by every project. */
  files: Record<string, Buffer>;
  html?: boolean;
  /** Takes over the answer for a file; false leaves it to the index. The number counts the requests for files from 1. */
  onFile?: (request: IncomingMessage, response: ServerResponse, count: number) => boolean;
}

export interface FakeIndex extends PackageIndex {
  /** The paths asked for, with the range where one was asked for. */
  asked: string[];
  close(): Promise<void>;
}

function sendFile(data: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (!data || from >= data.length) response.writeHead(data ? 416 : 404).end();
  else response.writeHead(from > 0 ? 206 : 200, { 'content-length': data.length - from }).end(data.subarray(from));
}

/** A package index on 127.0.0.1 that offers a few files. */
export async function startFakeIndex({ files, html, onFile }: FakeIndexOptions): Promise<FakeIndex> {
  const asked: string[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push([path, request.headers.range, request.headers.authorization].filter(Boolean).join(' '));
    if (path.startsWith('/files/')) {
      if (!onFile?.(request, response, ++count)) sendFile(files[decodeURIComponent(path.slice('/files/'.length))], request, response);
    } else if (html) {
      const links = Object.keys(files).map(
        (name) => `<a data-requires-python="&gt;=3.8" href="../../files/${encodeURIComponent(name)}#sha256=00">${name}</a><br/>`,
      );
      response
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(`<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`);
    } else {
      const list = Object.keys(files).map((filename) => ({ filename, url: `../../files/${encodeURIComponent(filename)}`, hashes: {} }));
      response.writeHead(200, { 'content-type': 'application/vnd.pypi.simple.v1+json' }).end(JSON.stringify({ files: list }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/simple/`,
    from: 'the test',
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
