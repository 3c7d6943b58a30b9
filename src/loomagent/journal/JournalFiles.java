package loomagent.journal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import loomagent.base.Disk;

/** A journal's folder, of a running or a stopped agent, as commands look at it. Takes no lock. */
public final class JournalFiles {
  private JournalFiles() {}

  /** Sees what is in the files. */
  public interface Visitor {
    /**
     * The next event.
     *
     * @return false if that is enough
     */
    boolean entry(Entry entry);

    /** Bytes that are no whole record. */
    default void damaged(Damage damage) {}
  }

  /** Bytes in a file that are no whole record, and why not. */
  public record Damage(Path file, long offset, long bytes, String reason) {}

  /** The first sequence kept and the one behind the last. */
  public record Bounds(long first, long next) {}

  /**
   * What a check found.
   *
   * @param files looked at
   * @param records that are whole
   * @param damages in order
   * @param setAside where repair put what was damaged
   */
  public record Report(long files, long records, List<Damage> damages, List<Path> setAside) {}

  /** Reads from a sequence on. */
  public static void read(Path folder, long from, Visitor visitor) throws IOException {}

  /** What is kept. */
  public static Bounds bounds(Path folder) throws IOException {
    return new Bounds(1, 1);
  }

  /** Checks each record. */
  public static Report verify(Path folder) throws IOException {
    return new Report(0, 0, List.of(), List.of());
  }

  /** Keeps what is whole, sets aside the rest, in segments that lie below a sequence. */
  public static Report repair(Path folder, Disk disk, long before) throws IOException {
    return new Report(0, 0, List.of(), List.of());
  }
}
