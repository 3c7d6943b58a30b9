package loomagent.json;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads one Action Cable frame after another: {@link #read} checks the whole frame in one pass and
 * keeps offsets, and only what is asked for is decoded. Accepts what {@link Json#parse(byte[], int,
 * int)} accepts, of any size, and of repeated members the last counts here as there. Answers are
 * about the frame read last, whose array must not change meanwhile; after a failed read they are
 * those of an empty frame. One thread.
 */
public final class Envelope {
  private static final int LONGEST_KNOWN = 4096; // bytes kept between frames

  /** Where a member's value lies. */
  private static final class Member {
    final byte[] name;
    int start;
    int end; // 0 while the member is absent
    boolean plain;
    byte[] knownJson = {'"', '"'}; // of an earlier frame, and what it decodes to
    String known = "";

    Member(String name) {
      this.name = name.getBytes(StandardCharsets.US_ASCII);
    }

    void lies(int start, int end, boolean plain) {
      this.start = start;
      this.end = end;
      this.plain = plain;
    }

    void clear() {
      lies(0, 0, true);
    }
  }

  private final Skipper scan = new Skipper();
  private final Member type = new Member("type");
  private final Member identifier = new Member("identifier");
  private final Member message = new Member("message");
  private final Member reason = new Member("reason");
  private final Member reconnect = new Member("reconnect");
  private final Member id = new Member("id");
  private final Member name = new Member("name");
  private final Member subject = new Member("subject");
  private final Member other = new Member("");

  // By the length of the name, which tells them all apart.
  private final Member[] ofFrame = byLength(type, identifier, message, reason, reconnect);
  private final Member[] ofMessage = byLength(id, name, subject);

  private boolean object;

  private Member[] byLength(Member... members) {
    Member[] table = new Member[16];
    Arrays.fill(table, other);
    for (Member member : members) {
      table[member.name.length] = member;
    }
    return table;
  }

  /**
   * Reads the frame that lies in the bytes {@code from} to {@code to} (exclusive).
   *
   * @throws JsonException when it is not JSON
   */
  public void read(byte[] utf8, int from, int to) {
    clear();
    scan.reset(utf8, from, to);
    try {
      int at = scan.first();
      boolean isObject = scan.peek(at) == '{';
      scan.last(isObject ? members(at, 1, ofFrame) : scan.value(at, 0));
      object = isObject;
    } catch (JsonException e) {
      clear();
      throw e;
    }
  }

  /**
   * Reads an event that lies by itself in the bytes {@code from} to {@code to} (exclusive), as it
   * does in a journal: as if it were the {@code message} of a frame that has nothing else.
   *
   * @throws JsonException when it is not JSON
   */
  public void readMessage(byte[] utf8, int from, int to) {
    clear();
    scan.reset(utf8, from, to);
    try {
      int start = scan.first();
      int end = message(start);
      scan.last(end);
      message.lies(start, end, scan.plain);
      object = true;
    } catch (JsonException e) {
      clear();
      throw e;
    }
  }

  private void clear() {
    object = false;
    type.clear();
    identifier.clear();
    message.clear();
    reason.clear();
    reconnect.clear();
    clearMessage();
  }

  private void clearMessage() {
    id.clear();
    name.clear();
    subject.clear();
  }

  private int members(int at, int depth, Member[] wanted) {
    int next = scan.open(at, depth);
    if (scan.peek(next) == '}') {
      return next + 1;
    }
    while (true) {
      int first = scan.name(next);
      int close = scan.string(first);
      Member member = named(wanted, first, close);
      int start = scan.colon(close);
      int end = member == message ? message(start) : scan.value(start, depth);
      member.lies(start, end, scan.plain);
      int after = scan.next(end, '}');
      if (scan.peek(after) == '}') {
        return after + 1;
      }
      next = scan.space(after + 1);
    }
  }

  private int message(int at) {
    clearMessage();
    return scan.peek(at) == '{' ? members(at, 2, ofMessage) : scan.value(at, 1);
  }

  private Member named(Member[] wanted, int from, int to) {
    if (!scan.plain) {
      byte[] decoded = scan.text(from, to, false).getBytes(StandardCharsets.UTF_8);
      return named(wanted, decoded, 0, decoded.length);
    }
    return named(wanted, scan.json, from, to);
  }

  private Member named(Member[] wanted, byte[] utf8, int from, int to) {
    int length = to - from;
    Member member = length < wanted.length ? wanted[length] : other;
    return Arrays.equals(utf8, from, to, member.name, 0, member.name.length) ? member : other;
  }

  /** Whether the frame is a JSON object. If not, every member is absent. */
  public boolean isObject() {
    return object;
  }

  /** Whether there is a {@code type} that is not null. */
  public boolean hasType() {
    return isPresent(type);
  }

  /** The {@code type}, "" when absent or null; of one that is no string, its JSON text. */
  public String type() {
    return hasType() && !isString(type) ? json(type) : text(type);
  }

  /** Whether there is an {@code identifier} that is not null. */
  public boolean hasIdentifier() {
    return isPresent(identifier);
  }

  /**
   * The {@code identifier}, "" when absent or no string. While frames carry the same one, byte for
   * byte, this is the same String, decoded once; so are {@link #name} and {@link #subject}.
   */
  public String identifier() {
    return repeated(identifier);
  }

  /** Whether there is a {@code message} that is not null. */
  public boolean hasMessage() {
    return isPresent(message);
  }

  /** Whether the {@code message} is a JSON object. */
  public boolean messageIsObject() {
    return isPresent(message) && scan.json[message.start] == '{';
  }

  /** The array read. Not to be changed. */
  public byte[] utf8() {
    return scan.json;
  }

  /** Offset in the array read of the first byte of the message's JSON, 0 without one. */
  public int messageStart() {
    return message.start;
  }

  /** Offset in the array read behind the last byte of the message's JSON, 0 without one. */
  public int messageEnd() {
    return message.end;
  }

  /** The message's JSON exactly as it came, "" without one. */
  public String messageText() {
    return json(message);
  }

  /** The message's {@code id}, "" when absent or no string. */
  public String id() {
    return text(id);
  }

  /** The message's {@code name}, "" when absent or no string. */
  public String name() {
    return repeated(name);
  }

  /** The message's {@code subject}, "" when absent or no string. */
  public String subject() {
    return repeated(subject);
  }

  /** The {@code reason} of a disconnect frame, "" when absent or no string. */
  public String reason() {
    return text(reason);
  }

  /** The {@code reconnect} of a disconnect frame: true unless it is the literal false. */
  public boolean reconnect() {
    return reconnect.end == 0 || scan.json[reconnect.start] != 'f';
  }

  private boolean isPresent(Member member) {
    return member.end > 0 && scan.json[member.start] != 'n';
  }

  private boolean isString(Member member) {
    return member.end > 0 && scan.json[member.start] == '"';
  }

  private String repeated(Member member) {
    byte[] known = member.knownJson;
    if (!isString(member)
        || Arrays.equals(scan.json, member.start, member.end, known, 0, known.length)) {
      return isString(member) ? member.known : "";
    }
    String text = text(member);
    if (member.end - member.start <= LONGEST_KNOWN) {
      member.knownJson = Arrays.copyOfRange(scan.json, member.start, member.end);
      member.known = text;
    }
    return text;
  }

  private String text(Member member) {
    return isString(member) ? scan.text(member.start + 1, member.end - 1, member.plain) : "";
  }

  private String json(Member member) {
    return new String(scan.json, member.start, member.end - member.start, StandardCharsets.UTF_8);
  }
}
