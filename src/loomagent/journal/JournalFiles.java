package loomagent.journal;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import loomagent.base.Disk;

/**
 * A journal's folder, of a running or a stopped agent, as commands look at it. Takes no lock. What
 * a running agent is just writing at the end of the last file counts as not there.
 */
public final class JournalFiles {
  /** The folder in the journal's that has what was set aside. */
  static final String DAMAGED = "damaged";

  /** What is taken apart in memory; no file of an agent grows to half of it. */
  static final int LARGEST = 64 << 20;

  private static final long ENOUGH = Long.MIN_VALUE; // where to read on: nowhere

  private JournalFiles() {}

  /** Sees what is in the files, in order. */
  public interface Visitor {
    /**
     * The next event.
     *
     * @param entry with a higher sequence than the one before
     * @return false if that is enough
     */
    boolean entry(Entry entry);

    /**
     * Bytes that are no whole record.
     *
     * @param damage where
     */
    default void damaged(Damage damage) {}
  }

  /**
   * Bytes in a file that are no whole record.
   *
   * @param file which
   * @param offset where they begin
   * @param bytes how many they are
   * @param reason what is wrong with them, in words
   */
  public record Damage(Path file, long offset, long bytes, String reason) {
    /** In an operator's words. */
    @Override
    public String toString() {
      return file + ": " + bytes + " bytes at " + offset + " are no whole record (" + reason + ")";
    }
  }

  /**
   * What is kept.
   *
   * @param first the first sequence
   * @param next one behind the last
   */
  public record Bounds(long first, long next) {}

  /**
   * What was found, or done.
   *
   * @param files how many were looked at
   * @param records how many are whole
   * @param damages what is not, in order
   * @param setAside the files that repair made of it
   */
  public record Report(long files, long records, List<Damage> damages, List<Path> setAside) {}

  /**
   * Reads events in order.
   *
   * @param folder the journal's; one that is not there is empty
   * @param from the first sequence wanted
   * @param visitor called on this thread
   * @throws IOException if a file cannot be read
   */
  public static void read(Path folder, long from, Visitor visitor) throws IOException {
    List<Path> files = files(folder);
    long wanted = from;
    for (int i = 0; i < files.size(); i++) {
      boolean last = i == files.size() - 1;
      if (last || first(files.get(i + 1)) > wanted) {
        wanted = read(files.get(i), wanted, below(files, i), visitor);
      }
      if (wanted == ENOUGH) {
        return;
      }
    }
  }

  /** The first sequence of the file that follows; none follows the last. */
  private static long below(List<Path> files, int file) {
    return file == files.size() - 1 ? Long.MAX_VALUE : first(files.get(file + 1));
  }

  private static long read(Path file, long from, long below, Visitor visitor) throws IOException {
    long wanted = from;
    boolean last = below == Long.MAX_VALUE;
    try (Lines lines = new Lines(file, below)) {
      while (lines.next(Long.MAX_VALUE)) {
        Optional<Entry> entry = Optional.empty();
        if (!lines.isDamaged() && lines.line().sequence() >= wanted) {
          entry = lines.entry();
        }
        if (entry.isPresent()) {
          if (!visitor.entry(entry.get())) {
            return ENOUGH;
          }
          wanted = entry.get().sequence() + 1;
        } else if (lines.isDamaged() && !(last && lines.isCutOff())) {
          visitor.damaged(lines.damage());
        }
      }
    } catch (FileNotFoundException failure) {
      if (Files.exists(file)) {
        throw failure;
      } // else it was too old, and the agent has deleted it meanwhile
    }
    return wanted;
  }

  /**
   * Looks what is kept; reads the last file only.
   *
   * @param folder the journal's
   * @return 1 and 1 if there is nothing
   * @throws IOException if it cannot be read
   */
  public static Bounds bounds(Path folder) throws IOException {
    List<Path> files = files(folder);
    if (files.isEmpty()) {
      return new Bounds(1, 1);
    }
    Path last = files.get(files.size() - 1);
    long next = first(last);
    try (Lines lines = new Lines(last)) {
      while (lines.next(Long.MAX_VALUE)) {
        if (!lines.isDamaged()) {
          next = Math.max(next, lines.line().sequence() + 1);
        }
      }
    }
    return new Bounds(first(files.get(0)), next);
  }

  /**
   * Checks every record.
   *
   * @param folder the journal's
   * @return what was found
   * @throws IOException if a file cannot be read
   */
  public static Report verify(Path folder) throws IOException {
    List<Path> files = files(folder);
    List<Damage> damages = new ArrayList<>();
    long records = 0;
    for (int i = 0; i < files.size(); i++) {
      Split split = new Split(files.get(i), below(files, i), i == files.size() - 1);
      records += split.records;
      damages.addAll(split.damages);
    }
    return new Report(files.size(), records, damages, List.of());
  }

  /**
   * Keeps what is whole and sets aside the rest in {@code damaged/}; deletes nothing.
   *
   * @param folder the journal's
   * @param disk where it is written
   * @param before only files all of whose sequences lie below are repaired: what {@link
   *     Journal#roll} said beside a running agent, {@link Long#MAX_VALUE} without one
   * @return what was found in them, and where it is now
   * @throws IOException if a file cannot be read or written; what was done so far is good
   */
  public static Report repair(Path folder, Disk disk, long before) throws IOException {
    List<Path> files = files(folder);
    List<Damage> damages = new ArrayList<>();
    List<Path> aside = new ArrayList<>();
    long records = 0;
    long looked = 0;
    for (int i = 0; i < files.size(); i++) {
      boolean last = i == files.size() - 1;
      if (last ? before == Long.MAX_VALUE : first(files.get(i + 1)) <= before) {
        Split split = new Split(files.get(i), below(files, i), false);
        looked++;
        records += split.records;
        damages.addAll(split.damages);
        if (!split.damages.isEmpty()) {
          byte[] all = content(files.get(i));
          aside.add(setAside(folder, disk, files.get(i), part(all, split.damages, true)));
          if (last && split.unreadable > 0) {
            keepNumbers(folder, disk, split);
          }
          disk.replace(files.get(i), part(all, split.damages, false));
        }
      }
    }
    return new Report(looked, records, damages, aside);
  }

  /** Sets aside the end of a file. */
  static Path setAside(Path folder, Disk disk, Path file, long from, long length)
      throws IOException {
    byte[] all = content(file);
    return setAside(folder, disk, file, Arrays.copyOfRange(all, (int) from, (int) (from + length)));
  }

  private static byte[] content(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] all = in.readNBytes(LARGEST + 1);
      if (all.length > LARGEST) {
        throw new IOException(
            file + " has more than " + (LARGEST >> 20) + " MB, which no agent wrote: move it away");
      }
      return all;
    }
  }

  private static Path setAside(Path folder, Disk disk, Path file, byte[] bytes) throws IOException {
    Path damaged = folder.resolve(DAMAGED);
    if (Files.notExists(damaged)) {
      if (folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
        Files.createDirectory(
            damaged,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      } else {
        Files.createDirectory(damaged);
      }
    }
    Path aside = damaged.resolve(file.getFileName());
    for (int i = 2; Files.exists(aside); i++) {
      aside = damaged.resolve(file.getFileName() + "." + i);
    }
    disk.replace(aside, bytes);
    return aside;
  }

  /** The numbers in the damaged end were given out: an empty file keeps them from coming again. */
  private static void keepNumbers(Path folder, Disk disk, Split split) throws IOException {
    disk.append(Segment.file(folder, split.next + Line.most(split.unreadable))).close();
  }

  /** A file taken apart. */
  private static final class Split {
    private final List<Damage> damages = new ArrayList<>();
    private long records;
    private long next;
    private long unreadable; // bytes behind the last whole record

    /** Goes through a file; {@code growing} if an agent may be writing at its end. */
    Split(Path file, long below, boolean growing) throws IOException {
      next = first(file);
      try (Lines lines = new Lines(file, below)) {
        while (lines.next(Long.MAX_VALUE)) {
          if (!lines.isDamaged() && lines.entry().isPresent()) {
            records++;
            next = Math.max(next, lines.line().sequence() + 1);
            unreadable = 0;
          } else if (!(growing && lines.isCutOff())) {
            damages.add(lines.damage());
            unreadable += lines.end() - lines.offset();
          }
        }
      }
    }
  }

  /** The damaged bytes of a file, or all others. */
  private static byte[] part(byte[] all, List<Damage> damages, boolean damaged) {
    ByteArrayOutputStream part = new ByteArrayOutputStream(damaged ? 4096 : all.length);
    int at = 0;
    for (Damage damage : damages) {
      int end = (int) (damage.offset() + damage.bytes());
      int from = damaged ? (int) damage.offset() : at;
      part.write(all, from, (damaged ? end : (int) damage.offset()) - from);
      at = end;
    }
    if (!damaged) {
      part.write(all, at, all.length - at);
    }
    return part.toByteArray();
  }

  private static long first(Path file) {
    return Segment.first(file).orElseThrow();
  }

  private static List<Path> files(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> Segment.first(file).isPresent()).sorted().toList();
    }
  }
}
