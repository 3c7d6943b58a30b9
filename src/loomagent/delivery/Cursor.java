package loomagent.delivery;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import loomagent.base.Disk;

/**
 * How far one handler is. The file is mapped into memory: a change is in the kernel's hands at once
 * and outlives the process, however it ends, without a sync. After a power cut it may be an older
 * one, so that events come twice; none is lost.
 *
 * <pre>
 * two slots of {@value #SLOT} bytes, written in turn; each a line and spaces:
 *   &lt;crc32c, 8 lower hex> &lt;n> &lt;next> &lt;open> &lt;open> …\n
 * crc32c: of what stands between the first space and the newline
 * n:      rises by one with each change; the whole slot with the higher one counts
 * next:   every event with a lower sequence is done with, except …
 * open:   … these, lowest first
 * </pre>
 *
 * A change that was torn leaves its slot with a wrong checksum, and the slot before it counts.
 *
 * <p>One thread at a time.
 */
public final class Cursor implements AutoCloseable {

  /** Where a handler begins that is new to the folder. */
  public enum Start {
    /** With the events that are still to come. */
    NEWEST,
    /** With the oldest event kept. */
    OLDEST
  }

  /**
   * What a cursor says.
   *
   * @param next every event with a lower sequence is done with, except the open ones
   * @param open sequences below {@code next}, lowest first
   */
  public record Position(long next, List<Long> open) {
    /** Nobody changes it any more. */
    public Position {
      open = List.copyOf(open);
    }
  }

  /** Open events that a slot has room for. */
  static final int MOST_OPEN = 1_000;

  /** Bytes: a checksum, and 1,002 numbers of 19 digits, up to the next page of memory. */
  static final int SLOT = 20_480;

  /** No handler lives to see as many: beyond it, {@code n} could rise no further. */
  private static final long MOST_CHANGES = Long.MAX_VALUE / 2;

  private static final int CHECKSUM = 8; // hex digits

  /** Beside the file: the first event of a handler that began behind others; no name ends so. */
  private static final String BIRTH = ".begin";

  private static final long[] NONE = {};

  private record Line(int slot, long n, Position position) {}

  private final Position start;
  private final long begin;
  private final MappedByteBuffer map;
  private final System.Logger log;
  private final CRC32C crc = new CRC32C();
  private final byte[] line = new byte[SLOT];
  private final int[] lengths = {SLOT, SLOT}; // what has to be overwritten in each slot
  private int slot; // the one that counts
  private long n;
  private boolean unwritable;

  private Cursor(Line found, MappedByteBuffer map, long begin, System.Logger log) {
    this.start = found.position();
    this.begin = begin;
    this.slot = found.slot();
    this.n = found.n();
    this.map = map;
    this.log = log;
  }

  /**
   * Opens a handler's cursor, and makes one if there is none. What it says in the end holds in the
   * journal: a cursor that cannot be read starts at the oldest event, one from beyond the journal's
   * end at that end, and both are said.
   *
   * @param file in an existing folder
   * @param ifNew where to begin if there is no such file
   * @param oldest the first sequence that the journal has
   * @param end one behind the last sequence that the journal has
   * @param disk where the file is made
   * @param log told what an operator should know
   * @return the cursor
   * @throws IOException if the file cannot be made, read or mapped
   */
  public static Cursor open(
      Path file, Start ifNew, long oldest, long end, Disk disk, System.Logger log)
      throws IOException {
    byte[] content = Files.exists(file) ? read(file, 2 * SLOT + 1) : new byte[0];
    Optional<Line> found = find(content);
    Path birth = file.resolveSibling(file.getFileName() + BIRTH);
    long begin = found.isPresent() ? born(birth) : 0;
    Line line;
    if (found.isEmpty()) {
      boolean damaged = Files.exists(file);
      long next = damaged || ifNew == Start.OLDEST ? oldest : end;
      line = new Line(0, 0, new Position(next, List.of()));
      begin = next > oldest ? next : 0;
      if (begin > 0) { // first: a handler that is known by its cursor has this as well
        disk.replace(birth, (begin + "\n").getBytes(US_ASCII));
      }
      if (damaged) {
        log.log(
            Level.ERROR,
            "the cursor {0} is damaged: delivery begins at the oldest event kept, number {1}, so"
                + " events may come twice",
            file,
            Long.toString(oldest));
      }
    } else if (found.get().position().next() > end) {
      line = new Line(0, found.get().n() + 1, new Position(end, List.of()));
      begin = 0; // of another journal
      disk.delete(birth);
      log.log(
          Level.WARNING,
          "the cursor {0} is at event {1}, and the journal ends before {2}: was the journal"
              + " removed? Delivery begins with the next event",
          file,
          Long.toString(found.get().position().next()),
          Long.toString(end));
    } else {
      line = found.get();
    }
    if (content.length != 2 * SLOT || !found.equals(Optional.of(line))) {
      disk.replace(file, image(line)); // real bytes: a sparse file could not grow on a full disk
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return new Cursor(line, channel.map(FileChannel.MapMode.READ_WRITE, 0, 2 * SLOT), begin, log);
    }
  }

  /**
   * What a cursor says, also while it is in use or after its handler was removed.
   *
   * @param file which
   * @return empty if there is no such file, or it is damaged
   * @throws IOException if it cannot be read
   */
  public static Optional<Position> read(Path file) throws IOException {
    return Files.exists(file) ? find(read(file, 2 * SLOT)).map(Line::position) : Optional.empty();
  }

  /**
   * Where the handler was when the cursor was opened.
   *
   * @return what it said then
   */
  public Position start() {
    return start;
  }

  /** Empty and 0 is the same: all that is kept was for it. */
  private static long born(Path birth) throws IOException {
    try {
      return Files.exists(birth)
          ? Math.max(0, Long.parseLong(new String(read(birth, SLOT), US_ASCII).strip()))
          : 0;
    } catch (NumberFormatException damaged) { // nothing but a word on a page hangs on it
      return 0;
    }
  }

  /** What else somebody wrote into a file is not looked at. */
  private static byte[] read(Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(most);
    }
  }

  /** The first event that was for this handler; 0 if all that is kept were. */
  long begin() {
    return begin;
  }

  /**
   * Moves to a place with open events before it.
   *
   * @param next everything below is done with, except the open ones
   * @param open their sequences, lowest first
   * @param count how many of them, at most {@value #MOST_OPEN}
   */
  void move(long next, long[] open, int count) {
    n++;
    slot = 1 - slot;
    int length = write(line, crc, n, next, open, count);
    int covered = Math.max(length, lengths[slot]);
    Arrays.fill(line, length, covered, (byte) ' ');
    try {
      map.put(slot * SLOT, line, 0, covered);
      lengths[slot] = length;
      unwritable = false;
    } catch (InternalError fault) { // how the machine says that a page has no place on disk
      if (!unwritable) {
        unwritable = true;
        log.log(Level.ERROR, "the cursor cannot be written; after a restart events may come twice");
      }
    }
  }

  /**
   * Moves on.
   *
   * @param next everything below is done with
   */
  void move(long next) {
    move(next, NONE, 0);
  }

  /** Puts what it says on disk. */
  void force() {
    try {
      map.force();
    } catch (UncheckedIOException failure) { // whoever stops has more to do than this
      log.log(Level.ERROR, "the cursor cannot be synced: {0}", failure.getMessage());
    }
  }

  /** Puts what it says on disk; it is not moved again. */
  @Override
  public void close() {
    force();
  }

  private static byte[] image(Line line) {
    byte[] image = new byte[2 * SLOT];
    Arrays.fill(image, (byte) ' ');
    Position position = line.position();
    long[] open = position.open().stream().mapToLong(Long::longValue).toArray();
    byte[] text = new byte[SLOT];
    int length = write(text, new CRC32C(), line.n(), position.next(), open, open.length);
    System.arraycopy(text, 0, image, line.slot() * SLOT, length);
    return image;
  }

  private static int write(byte[] line, CRC32C crc, long n, long next, long[] open, int count) {
    int at = number(line, CHECKSUM + 1, n);
    at = number(line, at, next);
    for (int i = 0; i < count; i++) {
      at = number(line, at, open[i]);
    }
    line[at - 1] = '\n'; // for the last space
    crc.reset();
    crc.update(line, CHECKSUM + 1, at - CHECKSUM - 2);
    long checksum = crc.getValue();
    for (int i = CHECKSUM - 1; i >= 0; i--, checksum >>>= 4) {
      line[i] = (byte) Character.forDigit((int) checksum & 15, 16);
    }
    line[CHECKSUM] = ' ';
    return at;
  }

  /** Writes digits and a space, and returns what follows. */
  private static int number(byte[] line, int at, long number) {
    int digits = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      digits++;
    }
    long rest = number;
    for (int i = at + digits - 1; i >= at; i--, rest /= 10) {
      line[i] = (byte) ('0' + rest % 10);
    }
    line[at + digits] = ' ';
    return at + digits + 1;
  }

  private static Optional<Line> find(byte[] content) {
    Optional<Line> first = parse(content, 0);
    Optional<Line> second = parse(content, 1);
    boolean newer = second.isPresent() && (first.isEmpty() || second.get().n() > first.get().n());
    return newer ? second : first;
  }

  private static Optional<Line> parse(byte[] content, int slot) {
    int from = slot * SLOT;
    int end = from;
    while (end < Math.min(from + SLOT, content.length) && content[end] != '\n') {
      end++;
    }
    int body = from + CHECKSUM + 1;
    if (end <= body || end == Math.min(from + SLOT, content.length)) {
      return Optional.empty();
    }
    CRC32C crc = new CRC32C();
    crc.update(content, body, end - body);
    String checksum = String.format("%08x ", crc.getValue());
    if (!checksum.equals(new String(content, from, CHECKSUM + 1, US_ASCII))) {
      return Optional.empty();
    }
    try {
      String text = new String(content, body, end - body, US_ASCII);
      List<Long> numbers = Arrays.stream(text.split(" ")).map(Long::valueOf).toList();
      if (numbers.size() < 2 || numbers.size() > 2 + MOST_OPEN) {
        return Optional.empty();
      }
      long n = numbers.get(0);
      Position position = new Position(numbers.get(1), numbers.subList(2, numbers.size()));
      return n >= 0 && n < MOST_CHANGES && isPlace(position)
          ? Optional.of(new Line(slot, n, position))
          : Optional.empty();
    } catch (NumberFormatException handMade) {
      return Optional.empty();
    }
  }

  /** Whether somebody who wrote it by hand kept to the form. */
  private static boolean isPlace(Position position) {
    long before = 0;
    for (long open : position.open()) {
      if (open <= before) {
        return false;
      }
      before = open;
    }
    return before < position.next();
  }
}
