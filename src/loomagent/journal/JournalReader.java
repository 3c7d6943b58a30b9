package loomagent.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Reads a journal in order, from one sequence on. One thread each. */
public final class JournalReader implements AutoCloseable {
  private final Journal journal;
  private long position;

  JournalReader(Journal journal, long from) {
    this.journal = journal;
    this.position = from;
  }

  /**
   * The next events that are on disk.
   *
   * @param most how many at the most
   * @return in order; empty if there are none yet
   * @throws IOException if a file cannot be read: try again later
   */
  public List<Entry> read(int most) throws IOException {
    List<Entry> entries = new ArrayList<>();
    synchronized (journal.entries) {
      for (Entry entry : journal.entries) {
        if (entry.sequence() >= position && entries.size() < most) {
          entries.add(entry);
        }
      }
    }
    if (!entries.isEmpty()) {
      position = entries.get(entries.size() - 1).sequence() + 1;
    }
    return entries;
  }

  /**
   * Where it reads next.
   *
   * @return one behind the last event given; once all is read, {@link Journal#next}
   */
  public long position() {
    return position;
  }

  /** Lets go of a file. */
  @Override
  public void close() {}
}
