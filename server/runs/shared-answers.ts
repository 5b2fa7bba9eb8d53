interface Asking<T> {
  readonly running: Promise<T>;
  /** Asked when `running` has ended: for those who came after it had begun. */
  next?: Promise<T>;
}

/**
 * Lets those who ask the same thing at the same time share one answer. Nobody gets an answer that was asked for before he
 * asked: who comes while a question is under way shares the next one. So hundreds of readers of one run cost the database
 * as much as two.
 */
export function sharedAnswers<T>(): (key: string, ask: () => Promise<T>) => Promise<T> {
  const all = new Map<string, Asking<T>>();
  const begin = (key: string, ask: () => Promise<T>): Promise<T> => {
    const running = ask();
    const asking: Asking<T> = { running };
    all.set(key, asking);
    const end = (): void => {
      if (asking.next === undefined) all.delete(key);
    };
    running.then(end, end);
    return running;
  };
  return (key, ask) => {
    const asking = all.get(key);
    if (asking === undefined) return begin(key, ask);
    const again = (): Promise<T> => begin(key, ask);
    return (asking.next ??= asking.running.then(again, again));
  };
}
