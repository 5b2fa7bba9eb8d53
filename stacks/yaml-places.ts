import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from "yaml";

export interface Place {
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
}

/** The parts of a JSON pointer, unescaped (RFC 6901). */
export function pointerParts(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** One more part at the end of a JSON pointer. */
export function pointerTo(parent: string, part: string | number): string {
  return `${parent}/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));

/** A YAML document that can say where a JSON pointer stands in the text. */
export class Places {
  constructor(
    private readonly document: Document.Parsed,
    private readonly lines: LineCounter,
  ) {}

  /** Line and column of an offset into the text. */
  at(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  /** Where the value at a pointer begins, or the nearest thing around it that is in the text. A group begins with its key. */
  of(pointer: string): Place {
    const { node, offset, keyOffset } = this.find(pointer);
    return this.at(isMap(node) ? keyOffset : offset);
  }

  /** Where the key of the pointer's last part stands: the place of an unknown key. */
  ofKey(pointer: string): Place {
    return this.at(this.find(pointer).keyOffset);
  }

  /** The value's own text, before YAML made a number of it: `012345678901` keeps its zero. */
  source(pointer: string): string | undefined {
    const { node } = this.find(pointer);
    return isScalar(node) ? node.source : undefined;
  }

  private find(pointer: string): { node: Node | undefined; offset: number; keyOffset: number } {
    let node: Node | undefined = this.document.contents ?? undefined;
    let offset = node?.range?.[0] ?? 0;
    let keyOffset = offset;
    for (const part of pointerParts(pointer)) {
      if (isMap(node)) {
        const pair: { key: unknown; value: unknown } | undefined = node.items.find(
          (item) => keyText(item.key) === part,
        );
        if (pair === undefined) return { node: undefined, offset, keyOffset };
        keyOffset = (pair.key as Node | null)?.range?.[0] ?? offset;
        node = (pair.value as Node | null) ?? undefined;
        // An empty value has a place after the colon; the key is easier to find.
        offset = isScalar(node) && node.source === "" ? keyOffset : (node?.range?.[0] ?? keyOffset);
      } else if (isSeq(node)) {
        const item: unknown = node.items[Number(part)];
        node = (item as Node | undefined) ?? undefined;
        offset = node?.range?.[0] ?? offset;
        keyOffset = offset;
      } else {
        return { node: undefined, offset, keyOffset };
      }
    }
    return { node, offset, keyOffset };
  }
}
