// What training, generation and encoders understand on the command line alike.
import { parseArgs } from 'node:util';
import { configurationNames } from './models.mjs';
import { systemNames } from './system.mjs';

const list = (text, known, what) => {
  const names = text.split(',');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length) throw new Error(`${what}: ${unknown.join(', ')} unknown; known: ${known.join(', ')}`);
  return names;
};

/**
 * --config, --dtype, --against: lists of names; --subject: the system whose ratios are shown; --rounds, --runs: turns of each system, and
 * runs in each turn (default: what takes about 1.5 s); --quick: the smallest configuration, two short turns; --json: where the results go.
 * `known` are the names of the bench's configurations, the smallest first.
 */
export function benchOptions(extra = {}, { known = configurationNames, against = 'transformers,bare' } = {}) {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      dtype: { type: 'string' },
      subject: { type: 'string', default: 'mienlab' },
      against: { type: 'string', default: against },
      rounds: { type: 'string' },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      ...extra,
    },
  });
  const { quick } = values;
  const positive = (name, fallback) => {
    const value = values[name] === undefined ? fallback : Number(values[name]);
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) throw new Error(`--${name} must be a whole number above 0`);
    return value;
  };
  return {
    ...values,
    configs: list(values.config ?? (quick ? known[0] : known.join()), known, '--config'),
    dtypes: list(values.dtype ?? (quick ? 'fp32' : 'fp32,bf16'), ['fp32', 'bf16'], '--dtype'),
    subject: list(values.subject, systemNames, '--subject')[0],
    against: list(values.against, systemNames, '--against'),
    rounds: positive('rounds', quick ? 2 : 8),
    runs: positive('runs', quick ? 3 : undefined),
  };
}

/** Runs in a turn of about 1.5 s. */
export const runsPerTurn = (ms) => Math.min(100, Math.max(2, Math.round(1500 / ms)));
