import { Fault } from '../../faults/index.js';

/** Where a tracking server is and how to be let in. */
export interface MlflowConnection {
  /** `http(s)://host[:port][/path]`, no trailing slash, no user info. */
  uri: string;
  /** Basic auth. */
  username?: string;
  password?: string;
  /** Bearer auth; goes before basic. */
  token?: string;
  workspace?: string;
}

/**
 * A connection from an address and MLflow's own environment variables: MLFLOW_TRACKING_USERNAME, MLFLOW_TRACKING_PASSWORD,
 * MLFLOW_TRACKING_TOKEN, MLFLOW_WORKSPACE. User and password inside the address are taken out of it.
 * @throws Fault CONFIG_VALUE where it is no http(s) address.
 */
export function mlflowConnection(address: string, env: NodeJS.ProcessEnv = process.env): MlflowConnection {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw notHttp(address, cause);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notHttp(address, undefined);
  const connection: MlflowConnection = { uri: `${url.origin}${url.pathname.replace(/\/+$/, '')}` };
  const username = decodeURIComponent(url.username) || env['MLFLOW_TRACKING_USERNAME'];
  const password = decodeURIComponent(url.password) || env['MLFLOW_TRACKING_PASSWORD'];
  if (username) Object.assign(connection, { username, password });
  if (env['MLFLOW_TRACKING_TOKEN']) connection.token = env['MLFLOW_TRACKING_TOKEN'];
  if (env['MLFLOW_WORKSPACE']) connection.workspace = env['MLFLOW_WORKSPACE'];
  return connection;
}

function notHttp(address: string, cause: unknown): Fault {
  return new Fault('CONFIG_VALUE', `"${address.replace(/\/\/[^@/]*@/, '//')}" is no address of an MLflow tracking server`, {
    key: 'runlog.tracking-uri',
    expected: 'http://HOST:PORT, https://..., or none',
    hint: 'mienlab talks to a server; for an SQLite file or a folder start one: mienlab mlflow --folder DIR',
    cause,
  });
}
