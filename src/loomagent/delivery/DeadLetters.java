package loomagent.delivery;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import loomagent.Event;
import loomagent.base.Disk;

/**
 * The events that one handler gave up, a line each ({@link LetterLines}), oldest first; an event
 * that was given up twice has two. A last line that was torn is cut: its event is still the
 * cursor's. A line that cannot be read is stepped over and kept.
 *
 * <p>Any thread. The file is opened for each change: a thread that runs foreign code may be
 * interrupted, which closes what it writes to.
 */
public final class DeadLetters {

  /**
   * One event given up.
   *
   * @param time when
   * @param sequence its place in the journal; 0 for one that was replayed
   * @param attempts how many times the handler was given it
   * @param error why it was given up, one line
   * @param event the event
   */
  public record Letter(Instant time, long sequence, int attempts, String error, Event event) {}

  /** Told what a file holds. */
  public interface Visitor {
    /**
     * The next letter.
     *
     * @param letter as it was written
     * @return whether to read on
     */
    boolean letter(Letter letter);

    /**
     * A line that cannot be read.
     *
     * @param line its number, from 1
     */
    default void damaged(long line) {}
  }

  /** Numbers that are remembered: far more than any screen shows. */
  private static final int MOST_KNOWN = 1_000;

  private final Path file;
  private final Disk disk;
  private final AtomicLong count = new AtomicLong();
  private final NavigableSet<Long> newest = new ConcurrentSkipListSet<>(); // of the journal

  private DeadLetters(Path file, Disk disk) {
    this.file = file;
    this.disk = disk;
  }

  /**
   * Opens a handler's dead letters; the file is made with the first one.
   *
   * @param file in an existing folder
   * @param disk where it is written
   * @param log told of lines that cannot be read
   * @return the letters
   * @throws IOException if the file cannot be read
   */
  public static DeadLetters open(Path file, Disk disk, System.Logger log) throws IOException {
    DeadLetters letters = new DeadLetters(file, disk);
    read(
        file,
        new Visitor() {
          @Override
          public boolean letter(Letter letter) {
            letters.count.incrementAndGet();
            letters.know(letter.sequence());
            return true;
          }

          @Override
          public void damaged(long line) {
            log.log(
                Level.WARNING,
                "{0}:{1}: this dead letter cannot be read; it is stepped over and kept",
                file,
                Long.toString(line));
          }
        });
    return letters;
  }

  /**
   * Adds a letter. It is on disk when this returns.
   *
   * @param letter which
   * @throws IOException if it could not be written; nothing was added
   */
  public synchronized void add(Letter letter) throws IOException {
    try {
      append(letter);
    } catch (ClosedByInterruptException handlers) {
      Thread.interrupted();
      append(letter);
    }
    count.incrementAndGet();
    know(letter.sequence());
  }

  private void append(Letter letter) throws IOException {
    try (Disk.Appender out = disk.append(file)) {
      mendTail(out);
      long size = out.size();
      try {
        out.write(ByteBuffer.wrap(LetterLines.line(letter)));
        out.sync();
      } catch (IOException | Error failure) {
        cut(out, size, failure);
        throw failure;
      }
    }
  }

  /**
   * How many letters there are.
   *
   * @return those that can be read
   */
  public long count() {
    return count.get();
  }

  /**
   * Whether an event that came lately has a letter.
   *
   * @param sequence its place in the journal
   * @return false also for one with a thousand later letters
   */
  public boolean has(long sequence) {
    return newest.contains(sequence);
  }

  private void know(long sequence) {
    if (sequence > 0) { // else it was a replay, of which only the id is known
      newest.add(sequence);
      if (newest.size() > MOST_KNOWN) {
        newest.pollFirst();
      }
    }
  }

  /**
   * Reads the letters, oldest first, one at a time.
   *
   * @param visitor told of each
   * @throws IOException if the file cannot be read
   */
  public void list(Visitor visitor) throws IOException {
    read(file, visitor);
  }

  /**
   * The letter of an event.
   *
   * @param id the event's
   * @return the newest one
   * @throws IOException if the file cannot be read
   */
  public Optional<Letter> find(String id) throws IOException {
    Letter[] found = new Letter[1];
    list(
        letter -> {
          if (letter.event().id().equals(id)) {
            found[0] = letter;
          }
          return true;
        });
    return Optional.ofNullable(found[0]);
  }

  /**
   * Takes letters out.
   *
   * @param ids of their events
   * @return how many there were
   * @throws IOException if the file could not be rewritten; it is as before
   */
  public long remove(Set<String> ids) throws IOException {
    return revise(
        letter -> ids.contains(letter.event().id()) ? Optional.empty() : Optional.of(letter));
  }

  /**
   * Goes over all letters, such as to note what a further attempt ended with. Reads and writes the
   * whole file, so settle many letters at once.
   *
   * @param change a letter's new form, itself, or empty to take it out
   * @return how many were changed or taken out
   * @throws IOException if the file could not be rewritten; it is as before
   */
  public synchronized long revise(Function<Letter, Optional<Letter>> change) throws IOException {
    if (Files.notExists(file)) {
      return 0;
    }
    Path fresh = file.resolveSibling(file.getFileName() + ".new");
    disk.delete(fresh);
    long kept = 0;
    long changed = 0;
    Set<Long> gone = new HashSet<>();
    try (LetterLines lines = new LetterLines(file);
        Disk.Appender out = disk.append(fresh)) {
      ByteArrayOutputStream buffer = new ByteArrayOutputStream();
      while (lines.next()) {
        Optional<Letter> old = lines.letter();
        Optional<Letter> now = old.flatMap(change);
        if (old.isPresent() && now.isEmpty() && has(old.get().sequence())) {
          gone.add(old.get().sequence());
        }
        if (old.equals(now)) {
          buffer.writeBytes(lines.bytes());
        } else {
          changed++;
          now.ifPresent(letter -> buffer.writeBytes(LetterLines.line(letter)));
        }
        kept += now.isPresent() ? 1 : 0;
        if (buffer.size() >= LetterLines.BUFFER) {
          out.write(ByteBuffer.wrap(buffer.toByteArray()));
          buffer.reset();
        }
      }
      out.write(ByteBuffer.wrap(buffer.toByteArray()));
      out.sync();
    }
    disk.move(fresh, file);
    count.set(kept);
    newest.removeAll(gone);
    return changed;
  }

  /**
   * Reads a file of dead letters, whether its handler runs or was removed. What is being written
   * meanwhile may be missed.
   *
   * @param file which; one that does not exist has none
   * @param visitor told of each letter
   * @throws IOException if the file cannot be read
   */
  public static void read(Path file, Visitor visitor) throws IOException {
    if (Files.notExists(file)) {
      return;
    }
    try (LetterLines lines = new LetterLines(file)) {
      long number = 0;
      while (lines.next()) {
        number += lines.begun() ? 1 : 0;
        Optional<Letter> letter = lines.letter();
        if (letter.isPresent()) {
          if (!visitor.letter(letter.get())) {
            return;
          }
        } else if (lines.begun() && lines.ended()) {
          visitor.damaged(number);
        }
      }
    }
  }

  /** Cuts a last line that was torn, and ends one that only lacks its newline. */
  private void mendTail(Disk.Appender out) throws IOException {
    long whole = 0;
    boolean readable = true;
    try (InputStream in = Files.newInputStream(file)) {
      long size = out.size();
      if (size == 0) {
        return;
      }
      in.skipNBytes(size - 1);
      if (in.read() == '\n') {
        return;
      }
    }
    try (LetterLines lines = new LetterLines(file)) {
      while (lines.next()) {
        readable = lines.letter().isPresent();
        whole += lines.ended() ? lines.bytes().length : 0;
      }
    }
    if (readable) {
      out.write(ByteBuffer.wrap(new byte[] {'\n'}));
    } else {
      out.truncate(whole);
    }
  }

  private void cut(Disk.Appender out, long size, Throwable failure) {
    if (failure instanceof ClosedByInterruptException) {
      Thread.interrupted(); // the file is closed, and may hold all of the line
      try (Disk.Appender again = disk.append(file)) {
        again.truncate(size);
      } catch (IOException second) {
        failure.addSuppressed(second);
      }
      return;
    }
    try {
      out.truncate(size);
    } catch (IOException second) {
      failure.addSuppressed(second); // the torn line is cut before the next one is written
    }
  }
}
