// node scripts/pack-gpu.mjs [FILE.tar.xz] [--node]: what bench/gpu.mjs needs on a machine without network, and nothing else: the built
// framework and plugins, of node_modules the files that the GPU path loads, the WebGPU package, reference values, and with --node this Node.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { keptPackageFolder } from '../dist/framework/tensor/kept-package.js';
import { goldenFolders } from './verify-goldens.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const limit = 64 * 2 ** 20;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { node: { type: 'boolean', default: false }, goldens: { type: 'string' } },
});
const file = resolve(positionals[0] ?? 'mienlab-gpu.tar.xz');
const goldens = values.goldens ?? join(root, '..', 'shared', 'goldens', 'transformers');

/** Packages that the GPU path never loads: the native addon, canvases, face networks, and what only builds or tests. */
const left = ['@napi-rs/canvas', '@tensorflow/tfjs-node-gpu', '@vladmandic/human', 'node-api-headers', 'core-js', 'regenerator-runtime'];
/** Of these the one file that Node loads (and WebAssembly) does; they carry a dozen builds each. */
const bundled = /^@tensorflow\/tfjs/;
const useless = /\.(map|ts|mts|cts|md|markdown|flow|tsbuildinfo)$|^(test|tests|docs|example|examples|\.github)$/i;

const manifest = (name) => JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));

/** Names of the packages that are needed at run time, each once; those nested in others come along with them. */
function closure() {
  const names = Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies);
  const found = new Set();
  for (const name of names) {
    if (found.has(name) || left.includes(name) || !existsSync(join(root, 'node_modules', name))) continue;
    found.add(name);
    const { dependencies = {}, peerDependencies = {} } = manifest(name);
    names.push(...Object.keys({ ...dependencies, ...peerDependencies }));
  }
  return found;
}

/** The entry of a package for Node, below its folder. */
function entryOf(name) {
  const folder = realpathSync(join(root, 'node_modules', name));
  return createRequire(join(root, 'package.json'))
    .resolve(name)
    .slice(folder.length + 1);
}

function copyPackage(name, to) {
  const from = join(root, 'node_modules', name);
  const copy = (path) => cpSync(join(from, path), join(to, path), { recursive: true, dereference: true });
  if (!bundled.test(name)) {
    cpSync(from, to, { recursive: true, dereference: true, filter: (path) => path === from || !useless.test(basename(path)) });
    return;
  }
  copy('package.json');
  copy(entryOf(name));
  for (const path of readdirSync(join(from, dirname(entryOf(name))))) if (path.endsWith('.wasm')) copy(join(dirname(entryOf(name)), path));
}

function fill(to) {
  for (const path of ['package.json', 'bin', 'bench', 'scripts']) cpSync(join(root, path), join(to, path), { recursive: true });
  const built = (path) => !/\.(test\.js|d\.ts|map)$/.test(path) && !/\/dist\/(tests|tools)(\/|$)/.test(path);
  cpSync(join(root, 'dist'), join(to, 'dist'), { recursive: true, filter: built });
  for (const name of closure()) copyPackage(name, join(to, 'node_modules', name));
  // The addon's place is asked for where the machine is described.
  const addon = '@tensorflow/tfjs-node-gpu/package.json';
  cpSync(join(root, 'node_modules', addon), join(to, 'node_modules', addon));
  const webgpu = keptPackageFolder('webgpu');
  if (!existsSync(webgpu)) throw new Error('the WebGPU package is not set up: run "mienlab setup --only webgpu"');
  const cache = dirname(dirname(dirname(webgpu)));
  cpSync(join(webgpu, 'node_modules', 'webgpu'), join(to, 'cache', webgpu.slice(cache.length), 'node_modules', 'webgpu'), {
    recursive: true,
    dereference: true,
    filter: (path) => !/\/dist\/(?!linux-)[^/]+$/.test(path) && !/linux-arm64/.test(path),
  });
  for (const name of goldenFolders(goldens)) cpSync(join(goldens, name), join(to, 'goldens', name), { recursive: true });
  const loader = /^\s*libvulkan\.so\.1\s.*=>\s*(\S+)/m.exec(spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '')?.[1];
  if (loader) {
    mkdirSync(join(to, 'lib'));
    cpSync(loader, join(to, 'lib', 'libvulkan.so.1'), { dereference: true });
  } else console.log('no libvulkan.so.1 here: the machine must have its own');
  if (values.node) cpSync(process.execPath, join(to, 'bin', 'node'));
  writeFileSync(
    join(to, 'run'),
    '#!/bin/sh\n# usage: ./run [--quick] [--python PYTHON]\ncd "$(dirname "$0")" || exit\n' +
      'export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$PWD/lib"\n' +
      'node=node; [ -x bin/node ] && node=bin/node\nexec "$node" bench/gpu.mjs "$@"\n',
    { mode: 0o755 },
  );
}

function bytesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const mebibytes = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const aside = mkdtempSync(join(tmpdir(), 'mienlab-pack-'));
try {
  const folder = join(aside, 'mienlab-gpu');
  mkdirSync(folder);
  fill(folder);
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    console.log(`${name.padEnd(14)} ${mebibytes(statSync(path).isDirectory() ? bytesOf(path) : statSync(path).size).padStart(10)}`);
  }
  const { status, stderr } = spawnSync('tar', ['-caf', file, '-C', aside, 'mienlab-gpu'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tar: ${stderr}`);
  const { size } = statSync(file);
  console.log(
    `${file}: ${mebibytes(size)} (unpacked ${mebibytes(bytesOf(folder))})${size > limit ? `, MORE than ${mebibytes(limit)}` : ''}`,
  );
  process.exitCode = size > limit ? 1 : 0;
} finally {
  rmSync(aside, { recursive: true, force: true });
}
