import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Fault } from '../faults/index.js';
import { cacheFolder, packageRoot } from '../paths.js';
import { addonPath } from '../tensor/backend/open-tensorflow.js';
import { keepFolder, readMarker, type Marker } from './kept-folder.js';
import type { Libtensorflow } from './libtensorflow.js';
import { findProgram, runProgram } from './run-program.js';
import type { SetupContext } from './setup-part.js';

const requireHere = createRequire(import.meta.url);
const addonName = 'tfjs_binding.node';
const gateName = 'stderr_gate.node';
const originName = `${addonName}.json`;
const nodeApi = 8;
const flags = ['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${nodeApi}`];

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

function packageFolder(name: string): string {
  return dirname(requireHere.resolve(`${name}/package.json`));
}

function gateSource(): string {
  return join(packageRoot, 'framework', 'setup', 'stderr-gate.cc');
}

/** The cache's folder of the addon: everything its bytes depend on is in the name. */
export function addonFolder(plan: Libtensorflow): string {
  const { version } = requireHere('@tensorflow/tfjs-node-gpu/package.json') as { version: string };
  const recipe = createHash('sha256').update(readFileSync(gateSource())).update(flags.join(' ')).digest('hex').slice(0, 8);
  const tensorflow = `${plan.distribution}-${plan.version}`;
  const key = [`tfjs-node-gpu-${version}`, tensorflow, `napi${nodeApi}`, process.arch, `glibc${glibcVersion() ?? '-none'}`, recipe];
  return join(cacheFolder(), 'addon', key.join('_'));
}

/** The marker of the finished addon in the cache, where the library it was linked against is there too. */
export function readAddon(plan: Libtensorflow): Marker | undefined {
  return readMarker(plan.folder) && readMarker(addonFolder(plan));
}

/** Compiles the addon against the library (6 to 12 s on two cores) and proves in a child process that it loads. */
export function makeAddon(plan: Libtensorflow, compiler: string, { signal, progress }: SetupContext): Promise<Marker> {
  const binding = join(packageFolder('@tensorflow/tfjs-node-gpu'), 'binding');
  const headers = `-I${join(packageFolder('node-api-headers'), 'include')}`;
  const lib = join(plan.folder, 'lib');
  const compile = async (output: string, args: readonly string[]): Promise<void> => {
    const { code, stderr } = await runProgram(compiler, [...flags, headers, ...args, '-o', output], { signal });
    if (code === 0) return;
    throw new Fault('SETUP_FAILED', `${compiler} cannot build the addon: ${firstError(stderr)}`, {
      hint: 'install a C++17 compiler with its libraries (Debian, Ubuntu: apt install g++)',
    });
  };
  return keepFolder(
    addonFolder(plan),
    async (aside) => {
      const addon = join(aside, addonName);
      progress.update('tensor: compiling the addon');
      await compile(join(aside, gateName), [gateSource()]);
      await compile(addon, [
        ...[`-I${join(plan.folder, 'include')}`, join(binding, 'tfjs_backend.cc'), join(binding, 'tfjs_binding.cc')],
        ...[`-L${lib}`, '-ltensorflow', '-ltensorflow_framework', `-Wl,-rpath,${lib}`],
      ]);
      progress.update('tensor: trying the addon');
      const tried = await runProgram(process.execPath, ['-e', 'require(process.argv[1])', addon], { signal, timeoutMs: 300_000 });
      if (tried.code !== 0) throw new Fault('SETUP_FAILED', `the addon was built but does not load: ${firstError(tried.stderr)}`);
      const origin = { distribution: plan.distribution, libtensorflow: plan.folder, ...(plan.cudaData ? { cudaData: plan.cudaData } : {}) };
      await writeFile(join(aside, originName), `${JSON.stringify(origin)}\n`);
      return { [plan.distribution]: plan.version };
    },
    { signal, onWait: (owner) => progress.update(`tensor: waiting for ${owner}, which is building the addon`) },
  );
}

function firstError(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim());
  return (lines.find((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'it says nothing').trim();
}

/** The kept files with their places in node_modules; the addon last, because it is what others look for. */
function links(plan: Libtensorflow): [kept: string, linked: string][] {
  const [from, to] = [addonFolder(plan), dirname(addonPath())];
  return [gateName, originName, addonName].map((name) => [join(from, name), join(to, name)]);
}

/** Whether node_modules has this very addon. */
export function isLinked(plan: Libtensorflow): boolean {
  return links(plan).every(([kept, linked]) => {
    if (!existsSync(kept) || !existsSync(linked)) return false;
    const [one, other] = [statSync(kept), statSync(linked)];
    return one.ino === other.ino || (one.size === other.size && readFileSync(kept).equals(readFileSync(linked)));
  });
}

/** Puts the addon where tfjs-node-gpu looks for it: hard links, or copies on another file system. `npm ci` removes them again. */
export function linkAddon(plan: Libtensorflow): void {
  for (const [kept, linked] of links(plan)) {
    const aside = `${linked}.${process.pid}`;
    mkdirSync(dirname(linked), { recursive: true });
    try {
      try {
        linkSync(kept, aside);
      } catch {
        copyFileSync(kept, aside);
      }
      renameSync(aside, linked);
    } finally {
      rmSync(aside, { force: true });
    }
  }
}
