/**
 * A Kalman filter of one coordinate that moves with constant velocity: state [value, velocity], the value measured. The filters of SORT and
 * ByteTrack couple a coordinate with its own velocity alone, and their noise is diagonal, so they are several of these side by side, exactly.
 * Variances are in squared units of the value; a step of time is a frame.
 */
export class KalmanAxis {
  velocity = 0;
  /** Of their errors: variance of the value, of the velocity, and their covariance. */
  #valueVariance: number;
  #velocityVariance: number;
  #covariance = 0;

  constructor(
    public value: number,
    valueVariance: number,
    velocityVariance: number,
  ) {
    this.#valueVariance = valueVariance;
    this.#velocityVariance = velocityVariance;
  }

  /** A frame goes by; the arguments are the variances that its process noise adds. */
  predict(valueNoise: number, velocityNoise: number): void {
    this.value += this.velocity;
    this.#valueVariance += 2 * this.#covariance + this.#velocityVariance + valueNoise;
    this.#covariance += this.#velocityVariance;
    this.#velocityVariance += velocityNoise;
  }

  /** The value was measured, with an error of this variance. */
  update(measured: number, noise: number): void {
    const surprise = measured - this.value;
    const total = this.#valueVariance + noise;
    const [gain, velocityGain] = [this.#valueVariance / total, this.#covariance / total];
    this.value += gain * surprise;
    this.velocity += velocityGain * surprise;
    this.#velocityVariance -= velocityGain * this.#covariance;
    this.#covariance *= 1 - gain;
    this.#valueVariance *= 1 - gain;
  }
}
