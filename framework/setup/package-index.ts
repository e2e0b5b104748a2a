import { Fault } from '../faults/index.js';
import { findPython } from './python-program.js';
import { runProgram } from './run-program.js';

/** The simple index (PEP 503, 691) that the user's pip would ask. */
export interface PackageIndex {
  url: string;
  /** Where the address was found. */
  from: string;
}

/** Without pip of its own, Python's ensurepip still carries one as a wheel, and Python can import from wheels. */
const askPip = `
import glob, os, sys
try:
    import pip
except ImportError:
    import ensurepip
    folders = [getattr(ensurepip, "_WHEEL_PKG_DIR", None), os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]
    sys.path[:0] = [wheel for folder in folders if folder for wheel in glob.glob(os.path.join(folder, "pip-*.whl"))]
try:
    from pip._internal.configuration import Configuration
    configuration = Configuration(isolated=False)
    configuration.load()
    print(configuration.get_value("global.index-url"))
except Exception:
    from pip._internal.models.index import PyPI
    print(PyPI.simple_url)
`;

/** PIP_INDEX_URL, else what pip is configured with, else pip's own default; undefined where there is neither the variable nor a pip. */
export async function findPackageIndex(): Promise<PackageIndex | undefined> {
  const named = process.env['PIP_INDEX_URL'];
  if (named) return { url: named, from: 'PIP_INDEX_URL' };
  const python = await findPython();
  if (!python) return undefined;
  const { code, stdout } = await runProgram(python.path, ['-c', askPip], { timeoutMs: 20_000 });
  const url = stdout.trim();
  return code === 0 && /^https?:\/\//.test(url) ? { url, from: 'pip' } : undefined;
}

/** Splits the credentials off an address, which fetch refuses there. */
export function splitCredentials(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  if (!url.username) return { url, headers: {} };
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = '';
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

interface SimpleIndex {
  files: { filename: string; url: string }[];
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function anchors(html: string): { filename: string; url: string }[] {
  return [...html.matchAll(/<a\s[^>]*?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([^<]*)<\/a>/gi)].map((match) => ({
    filename: unescapeHtml(match[3]!).trim(),
    url: unescapeHtml(match[1] ?? match[2]!),
  }));
}

/**
 * The address of a file that a project offers on the index.
 * @throws Fault SETUP_FAILED where the index cannot be reached, does not know the project, or does not have the file
 */
export async function findOnIndex(
  index: PackageIndex,
  project: string,
  file: string,
  signal?: AbortSignal,
): Promise<{ url: URL; headers: Record<string, string> }> {
  const { url, headers } = splitCredentials(index.url.replace(/\/*$/, `/${project}/`));
  const accept = 'application/vnd.pypi.simple.v1+json, text/html;q=0.1';
  let response: Response;
  try {
    response = await fetch(url, { headers: { ...headers, accept }, signal });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    const reason = ((cause as Error).cause as Error | undefined)?.message ?? (cause as Error).message;
    throw new Fault('SETUP_FAILED', `the package index at ${url.host} cannot be reached: ${reason}`, {
      cause,
      hint: 'see to the network, then run "mienlab setup" again',
    });
  }
  if (!response.ok) throw new Fault('SETUP_FAILED', `the package index at ${url.host} answers ${response.status} for ${project}`);
  const json = (response.headers.get('content-type') ?? '').includes('json');
  const files = json ? ((await response.json()) as SimpleIndex).files : anchors(await response.text());
  const found = files.find((one) => one.filename === file);
  if (!found) throw new Fault('SETUP_FAILED', `the package index at ${url.host} does not have ${file}`);
  const target = splitCredentials(new URL(found.url, response.url).href);
  target.url.hash = '';
  return { url: target.url, headers: target.url.host === url.host ? { ...headers, ...target.headers } : target.headers };
}
