/**
 * Tells whether a name is the one that is meant: a name, or a pattern in which `*` stands for any characters and `?` for
 * one. Walks once over the text, so that no pattern makes it slow.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  return (name) => {
    let at = 0;
    let star = -1;
    let from = 0;
    let index = 0;
    while (index < name.length) {
      if (pattern[at] === "*") {
        star = at++;
        from = index;
      } else if (at < pattern.length && (pattern[at] === "?" || pattern[at] === name[index])) {
        at++;
        index++;
      } else if (star >= 0) {
        at = star + 1;
        index = ++from;
      } else {
        return false;
      }
    }
    while (pattern[at] === "*") at++;
    return at === pattern.length;
  };
}
