/** Seconds in words: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 7 min`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Units in a second: `340/s`, `3.4/s`, or seconds for one where it takes longer: `2.5 s each`. */
export function rateText(perSecond: number): string {
  if (perSecond >= 1) return `${perSecond < 9.95 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`;
  return `${duration(1 / perSecond)} each`;
}
