// Gets a software adapter for WebGPU where there is no GPU: Mesa's lavapipe, which Debian and Ubuntu package. Installs nothing: the packages
// are downloaded by the machine's own apt from the machine's own mirror, and unpacked into the cache folder.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

const driver = 'mesa-vulkan-drivers';
/** Mesa 22 lacks what Dawn asks for (shaderUniformBufferArrayDynamicIndexing); 25.0 was tried. */
const oldestMesa = 24;

function run(program, args, options = {}) {
  const { error, status, stdout = '', stderr = '' } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error || status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stderr.trim().split('\n').slice(-3).join('; ')}`);
  return stdout;
}

const major = (version) => Number(/^(?:\d+:)?(\d+)/.exec(version ?? '')?.[1] ?? 0);

/** apt with lists and a cache of its own, so that it needs no root and changes nothing; with backports beside what the machine knows. */
function privateApt(folder) {
  for (const path of ['lists/partial', 'cache/archives/partial']) mkdirSync(join(folder, path), { recursive: true });
  const targets = run('apt-get', ['indextargets', '--format', '$(REPO_URI) $(RELEASE) $(COMPONENT)', 'Created-By: Packages']);
  const suites = [...new Set(targets.trim().split('\n'))].map((line) => line.split(' '));
  const system = readFileSync('/etc/os-release', 'utf8');
  const codename = /^VERSION_CODENAME=(\S+)/m.exec(system)?.[1];
  const uri = suites.find(([, release, component]) => release === codename && component === 'main')?.[0];
  if (!uri) throw new Error(`apt knows no mirror of ${codename ?? 'this system'}`);
  const keyring = `/usr/share/keyrings/${/^ID=(\S+)/m.exec(system)?.[1]}-archive-keyring.gpg`;
  const source = existsSync(keyring) ? `deb [signed-by=${keyring}] ${uri}` : `deb ${uri}`;
  const lines = suites.filter(([address]) => address === uri).map(([, release, component]) => `${source} ${release} ${component}`);
  writeFileSync(join(folder, 'sources.list'), [...new Set([...lines, `${source} ${codename}-backports main`]), ''].join('\n'));
  const options = [
    `Dir::Etc::SourceList=${join(folder, 'sources.list')}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(folder, 'lists')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    'APT::Sandbox::User=',
  ].flatMap((option) => ['-o', option]);
  return (program, args, cwd = folder) => run(program, [...options, ...args], { cwd });
}

function installed(name) {
  try {
    return run('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]) === 'installed';
  } catch {
    return false;
  }
}

/** Names of the packages that one needs; of alternatives the first. */
function dependencies(deb) {
  const text = run('dpkg-deb', ['-f', deb, 'Depends']);
  return text
    .split(',')
    .map((one) => one.trim().split(/[\s(|:]/)[0])
    .filter(Boolean);
}

/** Downloads the driver and what it needs and the machine lacks, and unpacks all of it below `root`. */
function unpackDriver(folder, root, say) {
  const apt = privateApt(folder);
  say('lavapipe: apt reads the package lists');
  apt('apt-get', ['update', '-q']);
  const versions = [...apt('apt-cache', ['madison', driver]).matchAll(/\| *(\S+) *\|/g)].map((match) => match[1]);
  const version = versions.sort((a, b) => major(b) - major(a))[0];
  if (major(version) < oldestMesa) throw new Error(`the newest ${driver} here is ${version ?? 'none'}, wanted is ${oldestMesa} or newer`);
  const wanted = [`${driver}=${version}`, 'libvulkan1'];
  for (let i = 0; i < wanted.length; i++) {
    const name = wanted[i].split('=')[0];
    if (i > 0 && installed(name)) continue;
    say(`lavapipe: ${wanted[i]}`);
    apt('apt-get', ['download', '-q', wanted[i]]);
    const deb = join(
      folder,
      readdirSync(folder).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb')),
    );
    run('dpkg-deb', ['-x', deb, root]);
    wanted.push(...dependencies(deb).filter((one) => !wanted.some((other) => other.split('=')[0] === one)));
  }
  return version;
}

function libraryFolder(root) {
  const lib = join(root, 'usr', 'lib');
  return readdirSync(lib)
    .map((name) => join(lib, name))
    .find((path) => existsSync(join(path, 'libvulkan_lvp.so')));
}

/** Fills the cache folder: what apt gave below `root`, and a description of the driver that names its library by an absolute path. */
function makeLavapipe(folder, say) {
  const aside = `${folder}.part-${process.pid}`;
  rmSync(aside, { recursive: true, force: true });
  try {
    const root = join(aside, 'root');
    mkdirSync(root, { recursive: true });
    const version = unpackDriver(join(aside), root, say);
    const library = libraryFolder(root);
    if (!library) throw new Error(`${driver} ${version} holds no lavapipe`);
    const places = join(root, 'usr', 'share', 'vulkan', 'icd.d');
    const icd = readdirSync(places).find((name) => name.startsWith('lvp_icd'));
    const description = JSON.parse(readFileSync(join(places, icd), 'utf8'));
    description.ICD.library_path = join(library.replace(aside, folder), 'libvulkan_lvp.so');
    writeFileSync(join(aside, 'lvp_icd.json'), JSON.stringify(description));
    for (const name of readdirSync(aside))
      if (/\.deb$|^(lists|cache|sources\.list)$/.test(name)) rmSync(join(aside, name), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(aside, folder);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

const environmentOf = (folder) => ({
  VK_ICD_FILENAMES: join(folder, 'lvp_icd.json'),
  VK_DRIVER_FILES: join(folder, 'lvp_icd.json'),
  LD_LIBRARY_PATH: [libraryFolder(join(folder, 'root')), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
});

/** Chromium carries SwiftShader, ten times slower than lavapipe. */
function swiftShader() {
  const places = [
    process.env.CHROMIUM && dirname(process.env.CHROMIUM),
    '/usr/lib/chromium',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
  ];
  return places
    .filter(Boolean)
    .map((place) => join(place, 'vk_swiftshader_icd.json'))
    .find((path) => existsSync(path));
}

/**
 * The environment in which WebGPU finds a software adapter, and what that is. What the user has set (VK_ICD_FILENAMES, VK_DRIVER_FILES) is
 * left as it is. Throws an error that says what was tried and what to install.
 */
export function softwareAdapter(say = () => {}) {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES)
    return { name: 'the driver that VK_ICD_FILENAMES or VK_DRIVER_FILES names', env: {} };
  const cache = process.env.MIENLAB_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'mienlab');
  const folder = join(cache, 'lavapipe');
  let reason;
  try {
    if (!existsSync(join(folder, 'lvp_icd.json'))) makeLavapipe(folder, say);
    return { name: `lavapipe in ${folder}`, env: environmentOf(folder) };
  } catch (error) {
    reason = error.message;
  }
  const icd = swiftShader();
  if (icd)
    return {
      name: `SwiftShader of ${dirname(icd)}, which is slow (lavapipe cannot be had: ${reason})`,
      env: { VK_ICD_FILENAMES: icd, VK_DRIVER_FILES: icd },
    };
  throw new Error(
    `there is no software adapter: ${reason}. Install ${driver} ${oldestMesa} or newer and libvulkan1 (Debian 12: from bookworm-backports), ` +
      'or name a Vulkan driver in VK_ICD_FILENAMES',
  );
}
