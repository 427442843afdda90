/** Which recorded days are played, from which recorded moment on, and how fast. */
export type Replay = {
  /**
   * Recorded New York instants (`2013-10-08T14:07`) that may happen now, best first: the first
   * is taken whose session then still closes before New York's midnight.
   */
  startAt: readonly string[];
  /** Recorded trading dates; by default every recorded day that adjoins the one of `startAt`. */
  dates?: readonly string[];
  /** Recorded seconds in a real second within a session; default 1. */
  speed?: number;
};

/**
 * What `npm start` plays: the afternoon of 8 October 2013. At 14:07 IBM is 1.58 % and AIG 1.70 %
 * below the close of the day before, so a rule at −1.5 % fires at once; SPY stands at −0.97 %
 * and goes below −1.0 % within the minute 14:08 (to −1.02 %), AIG below −1.9 % at 14:50, and
 * after a rally SPY falls again to −1.23 % at 15:59. The later moments, for a start shortly
 * before New York's midnight, look alike: IBM −1.56 % and AIG −1.99 % with SPY −0.97 % at 15:10
 * (−1.02 % at 15:11), IBM −1.54 % and AIG −1.77 % with SPY −0.88 % at 15:46 (−1.02 % at 15:47).
 */
export const demoReplay: Replay = {
  dates: ["2013-10-07", "2013-10-08", "2013-10-09"],
  startAt: ["2013-10-08T14:07", "2013-10-08T15:10", "2013-10-08T15:46"],
  speed: 1,
};
