import { createHash } from "node:crypto";
import { violationsOf, type Law } from "../violation.ts";

const nothingBefore = "0".repeat(64);

/** Each user's events follow each other by hash, from the first to the one that the chain's head names. */
export const chainsAreWhole: Law = ({ links, chainHeads }) => {
  const { found, report } = violationsOf("every chain of events is whole");
  for (const { chain, length, hash } of chainHeads) {
    const ofChain = links.filter((link) => link.chain === chain);
    const whose = chain === "" ? "the chain of what concerns everybody" : `${chain}'s chain`;
    let before = nothingBefore;
    for (const [index, link] of ofChain.entries()) {
      const digest = createHash("sha256").update(link.said, "utf8").digest("hex");
      const expected = createHash("sha256").update(Buffer.from(before + digest, "hex")).digest("hex");
      if (link.place !== index + 1) report(`${whose} has place ${link.place} where ${index + 1} belongs`);
      else if (link.hashBefore !== before || link.hash !== expected) report(`${whose} breaks at place ${link.place}`);
      else {
        before = expected;
        continue;
      }
      break;
    }
    if (ofChain.length !== length) report(`${whose} has ${ofChain.length} events, its head says ${length}`);
    else if (ofChain.at(-1)?.hash !== hash) report(`${whose} does not end as its head says`);
  }
  for (const chain of new Set(links.map((link) => link.chain))) if (!chainHeads.some((head) => head.chain === chain)) report(`the events of ${chain} have no head`);
  return found;
};
