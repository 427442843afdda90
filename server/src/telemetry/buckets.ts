/** Upper bounds of histograms, in seconds. */

/** Work of this process and its database: 5 ms to half a minute. */
export const fastSeconds: number[] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** An answer to its POST: the goals are 25 ms in the median and 100 ms at the 99th percentile, so they are bounds. */
export const answerSeconds: number[] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** A POST to its fill: at once at the market, and until the close for a limit. */
export const fillSeconds: number[] = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200, 23_400];

/** A chore: some milliseconds, or an hour where a month of the log is written to a file. */
export const choreSeconds: number[] = [0.01, 0.05, 0.25, 1, 5, 30, 120, 600, 3_600];
