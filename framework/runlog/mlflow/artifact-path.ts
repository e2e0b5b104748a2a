import { Fault } from '../../faults/index.js';

/**
 * Checks the path of an artifact: relative, `/` between the parts, no empty part, `.` or `..`. (fetch would normalise `..` away and
 * write elsewhere; MLflow refuses `#`.)
 * @throws Fault RUNLOG_REFUSED
 */
export function checkArtifactPath(path: string): string {
  const broken =
    path.split('/').some((part) => part === '' || part === '.' || part === '..' || part.length > 200) ||
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    /[\\#\x00-\x1f\x7f]|\p{Surrogate}/u.test(path);
  if (!broken) return path;
  throw new Fault('RUNLOG_REFUSED', `"${path}" cannot be the path of an artifact`, {
    expected: 'a relative path such as predictions/test.json: no "..", no empty part, no "\\", "#" or control character',
  });
}

/** The path percent-encoded part by part. @throws like checkArtifactPath. */
export function encodeArtifactPath(path: string): string {
  return checkArtifactPath(path).split('/').map(encodeURIComponent).join('/');
}
