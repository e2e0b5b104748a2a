/** The address of a run's page in the MLflow UI, opened in its view for model training (3.x shows the one for GenAI otherwise). */
export function runPageUrl(uri: string, experimentId: string, runId: string): string {
  return `${uri}/#/experiments/${encodeURIComponent(experimentId)}/runs/${encodeURIComponent(runId)}?workflowType=machine_learning`;
}
