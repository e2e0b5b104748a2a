/** The address of a run's page in the MLflow UI. */
export function runPageUrl(uri: string, experimentId: string, runId: string): string {
  return `${uri}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(runId)}`;
}
