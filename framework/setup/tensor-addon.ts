import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cacheFolder } from '../paths.js';
import { addonPath } from '../tensor/backend/open-tensorflow.js';
import { keepFolder, readMarker, type Marker } from './kept-folder.js';
import type { Libtensorflow } from './libtensorflow.js';
import { findProgram, runProgram } from './run-program.js';
import type { SetupContext } from './setup-part.js';

const requireHere = createRequire(import.meta.url);
const addonName = 'tfjs_binding.node';
const nodeApi = 8;

/** The C library's version, undefined where it is not glibc. */
export function glibcVersion(): string | undefined {
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  report.excludeNetwork = true;
  return (report.getReport() as { header: { glibcVersionRuntime?: string } }).header.glibcVersionRuntime;
}

/** CXX, else the first of g++, clang++ and c++ on PATH. */
export function findCompiler(): string | undefined {
  return [process.env['CXX'], 'g++', 'clang++', 'c++'].map((name) => (name ? findProgram(name) : undefined)).find(Boolean);
}

/** The cache's folder of the addon: everything its bytes depend on is in the name. */
export function addonFolder(plan: Libtensorflow): string {
  const { version } = requireHere('@tensorflow/tfjs-node-gpu/package.json') as { version: string };
  const key = [
    `tfjs-node-gpu-${version}`,
    `${plan.distribution}-${plan.version}`,
    `napi${nodeApi}`,
    process.arch,
    `glibc${glibcVersion() ?? '-none'}`,
  ];
  return join(cacheFolder(), 'addon', key.join('_'));
}

/** Whether the finished addon in the cache was linked against this library where it lies now. */
export function readAddon(plan: Libtensorflow): Marker | undefined {
  return readMarker(plan.folder) && readMarker(addonFolder(plan));
}

/** Compiles the addon against the library (6 to 12 s on two cores) and proves in a child process that it loads. */
export function makeAddon(plan: Libtensorflow, compiler: string, { signal, progress }: SetupContext): Promise<Marker> {
  const source = join(dirname(requireHere.resolve('@tensorflow/tfjs-node-gpu/package.json')), 'binding');
  const headers = join(dirname(requireHere.resolve('node-api-headers/package.json')), 'include');
  const lib = join(plan.folder, 'lib');
  return keepFolder(
    addonFolder(plan),
    async (aside) => {
      const addon = join(aside, addonName);
      progress.update('tensor: compiling the addon');
      const built = await runProgram(
        compiler,
        [
          ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${nodeApi}`, `-I${headers}`, `-I${join(plan.folder, 'include')}`],
          ...[join(source, 'tfjs_backend.cc'), join(source, 'tfjs_binding.cc')],
          ...[`-L${lib}`, '-ltensorflow', '-ltensorflow_framework', `-Wl,-rpath,${lib}`, '-o', addon],
        ],
        { signal },
      );
      if (built.code !== 0) {
        throw new Fault('SETUP_FAILED', `${compiler} cannot build the addon: ${firstError(built.stderr)}`, {
          hint: 'install a C++17 compiler with its libraries (Debian, Ubuntu: apt install g++)',
        });
      }
      progress.update('tensor: trying the addon');
      const tried = await runProgram(process.execPath, ['-e', 'require(process.argv[1])', addon], { signal, timeoutMs: 300_000 });
      if (tried.code !== 0) throw new Fault('SETUP_FAILED', `the addon was built but does not load: ${firstError(tried.stderr)}`);
      const origin = { distribution: plan.distribution, libtensorflow: plan.folder, ...(plan.cudaData ? { cudaData: plan.cudaData } : {}) };
      await writeFile(`${addon}.json`, `${JSON.stringify(origin)}\n`);
      return { [plan.distribution]: plan.version };
    },
    { signal, onWait: (owner) => progress.update(`tensor: waiting for ${owner}, which is building the addon`) },
  );
}

function firstError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim());
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it says nothing').trim();
}

function sameFile(a: string, b: string): boolean {
  const [one, other] = [statSync(a), statSync(b)];
  return one.ino === other.ino || (one.size === other.size && one.mtimeMs === other.mtimeMs);
}

/** Whether node_modules has this very addon. */
export function isLinked(plan: Libtensorflow): boolean {
  const [kept, linked] = [join(addonFolder(plan), addonName), addonPath()];
  if (![kept, linked, `${linked}.json`].every(existsSync)) return false;
  return readFileSync(`${kept}.json`, 'utf8') === readFileSync(`${linked}.json`, 'utf8') && sameFile(kept, linked);
}

/** Puts the addon where tfjs-node-gpu looks for it: a hard link, or a copy on another file system. `npm ci` removes it again. */
export function linkAddon(plan: Libtensorflow): void {
  const kept = join(addonFolder(plan), addonName);
  const linked = addonPath();
  mkdirSync(dirname(linked), { recursive: true });
  const aside = `${linked}.${process.pid}`;
  try {
    try {
      linkSync(kept, aside);
    } catch {
      copyFileSync(kept, aside);
    }
    writeFileSync(`${aside}.json`, readFileSync(`${kept}.json`));
    renameSync(aside, linked);
    renameSync(`${aside}.json`, `${linked}.json`);
  } finally {
    rmSync(aside, { force: true });
    rmSync(`${aside}.json`, { force: true });
  }
}
