/** A condition in an object's `status`, before the time of its last transition is known. */
export interface WrittenCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
}

export interface TimedCondition extends WrittenCondition {
  readonly lastTransitionTime: string;
}

/** The API server's limit for messages of conditions. */
const MAX_MESSAGE_LENGTH = 32_768;

/** With the times: that of a condition whose status is as it was goes on. */
export function timed(
  conditions: readonly WrittenCondition[],
  before: readonly Partial<TimedCondition>[],
  nowMs: number,
): TimedCondition[] {
  const now = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return conditions.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const lastTransitionTime =
      old?.status === condition.status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now;
    return { ...condition, message: condition.message.slice(0, MAX_MESSAGE_LENGTH), lastTransitionTime };
  });
}
