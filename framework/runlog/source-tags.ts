import { execFile } from 'node:child_process';
import { userInfo } from 'node:os';
import { promisify } from 'node:util';

async function git(folder: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', args, { cwd: folder, timeout: 5000, maxBuffer: 1 << 26 });
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Without a user name or password that the address may carry. */
function withoutSecrets(address: string): string {
  return address.replace(/^(\w[\w+.-]*:\/\/)[^@/]*@/, '$1');
}

function user(): string {
  try {
    return userInfo().username;
  } catch {
    return process.env['USER'] ?? 'unknown';
  }
}

/**
 * The tags by which MLflow's UI tells who ran what: user, command, git commit, branch, repository, whether files were changed.
 * What git does not tell (no git, no repository, no commit yet) is left out.
 * @param folder where the experiment lies @param name the command, such as `mienlab run experiments/quickstart.yaml`
 */
export async function sourceTags(folder: string, name: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = { 'mlflow.user': user(), 'mlflow.source.name': name, 'mlflow.source.type': 'LOCAL' };
  const [commit, branch, url, changes] = await Promise.all([
    git(folder, 'rev-parse', 'HEAD'),
    git(folder, 'symbolic-ref', '--short', '-q', 'HEAD'),
    git(folder, 'config', '--get', 'remote.origin.url'),
    git(folder, 'status', '--porcelain', '--untracked-files=no'),
  ]);
  if (commit) tags['mlflow.source.git.commit'] = commit;
  if (branch) tags['mlflow.source.git.branch'] = branch;
  if (url) tags['mlflow.source.git.repoURL'] = withoutSecrets(url);
  if (commit && changes !== undefined) tags['mlflow.source.git.dirty'] = String(changes !== '');
  return tags;
}
