package loomagent.whole;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import loomagent.base.Disk;
import loomagent.base.LossyDisk;

/**
 * A disk that is slow, full or broken as the weather has it, and knows what is safe on it: which
 * events, and what a file was replaced with.
 */
final class PlainDisk implements Disk {
  private static final Pattern ID = Pattern.compile("\\{\"id\":\"([^\"]+)\"");
  private static final int PAGE = 4096;

  /** The place of what was there at the beginning, as after a power cut. */
  static final int BEFORE = -1;

  private final World world;
  private final Path folder;
  private final LossyDisk lossy;
  private final Map<String, Integer> safe = new HashMap<>(); // ids, and their places in the journal
  private final Map<Path, ByteArrayOutputStream> unsynced = new HashMap<>();
  private final Map<String, String> replaced = new HashMap<>();
  private final Set<String> irreplaceable = new HashSet<>();
  private int places;
  private long fullUntil;

  /** What is in the folder counts as safe. */
  PlainDisk(World world, Path folder) throws IOException {
    this.world = world;
    this.folder = folder;
    this.lossy = new LossyDisk(folder);
    lossy.fail(this::trouble);
    try (Stream<Path> files = Files.walk(folder)) {
      String journal = "";
      for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
        String text = new String(Files.readAllBytes(file), UTF_8);
        if (isJournal(file)) {
          records(below(journal, file));
          journal = text;
        }
        replaced.put(file.getFileName().toString(), text);
      }
      records(journal);
      safe.replaceAll((id, place) -> BEFORE);
    }
  }

  Path folder() {
    return folder;
  }

  /** Whether an event would be there after a power cut. */
  boolean isSafe(String id) {
    return safe.containsKey(id);
  }

  /** Where it is among all that have become safe here, from 0; or {@link #BEFORE}. */
  int place(String id) {
    return safe.getOrDefault(id, BEFORE);
  }

  /** What a file was last replaced with, which a power cut does not undo. */
  String content(String file) {
    return replaced.getOrDefault(file, "");
  }

  /** Whether the last try to replace a file failed, of which the agent has told its operator. */
  boolean isIrreplaceable(String file) {
    return irreplaceable.contains(file);
  }

  /** As it may be after a power cut. */
  PlainDisk afterPowerCut(Path into) throws IOException {
    LossyDisk.Cut[] cuts = LossyDisk.Cut.values();
    LossyDisk.Cut cut = cuts[world.random.nextInt(cuts.length)];
    lossy.cutPower(lossy.steps(), cut, world.random, into);
    Path cursors = folder.resolve("cursors");
    if (Files.isDirectory(cursors)) {
      try (Stream<Path> files = Files.list(cursors)) {
        for (Path file : files.sorted().toList()) {
          tear(file, into.resolve("cursors").resolve(file.getFileName()));
        }
      }
    }
    return new PlainDisk(world, into);
  }

  /** What is mapped into memory gets to the disk a page at a time, in any order. */
  private void tear(Path file, Path older) throws IOException {
    if (Files.exists(older)) {
      byte[] now = Files.readAllBytes(file);
      byte[] then = Files.readAllBytes(older);
      for (int at = 0; at < Math.min(now.length, then.length); at += PAGE) {
        if (world.random.nextBoolean()) {
          System.arraycopy(now, at, then, at, Math.min(PAGE, then.length - at));
        }
      }
      Files.write(older, then);
    }
  }

  private void trouble(LossyDisk.Kind kind, Path file) throws IOException {
    world.log.detail(() -> kind + " " + file.getFileName());
    if (Thread.currentThread().isInterrupted()) {
      throw new ClosedByInterruptException();
    }
    world.schedule.note(kind.name().hashCode());
    if (world.weather.disk(100)) {
      world.pause(world.upTo(50 * World.MILLI));
    } else if (world.weather.disk(2)) {
      world.pause(world.upTo(30 * World.SECOND));
    } else if (world.weather.disk(4)) {
      fullUntil = world.schedule.nanos() + world.upTo(20 * World.SECOND);
    } else if (world.weather.disk(4)) {
      throw new IOException("Input/output error");
    }
    boolean more = kind == LossyDisk.Kind.WRITE || kind == LossyDisk.Kind.REPLACE;
    if (more && world.schedule.nanos() < fullUntil) {
      throw new IOException("No space left on device");
    }
  }

  private static boolean isJournal(Path file) {
    return file.getParent().getFileName().toString().equals("journal");
  }

  private static boolean isWhole(String line) {
    byte[] bytes = line.getBytes(UTF_8);
    CRC32C crc = new CRC32C();
    crc.update(bytes, Math.min(9, bytes.length), Math.max(0, bytes.length - 9));
    return line.startsWith("%08x ".formatted(crc.getValue()));
  }

  /** Without what a failed write has left, as the file that follows has the same numbers again. */
  private static String below(String text, Path following) {
    long first = Long.parseLong(following.getFileName().toString().replace(".log", ""));
    return Arrays.stream(ended(text))
        .takeWhile(line -> !isWhole(line) || Long.parseLong(line.split(" ")[1]) < first)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** A line without its end is none. */
  private static String[] ended(String text) {
    return text.substring(0, text.lastIndexOf('\n') + 1).split("\n");
  }

  private void records(String text) {
    for (String line : ended(text)) {
      Matcher id = ID.matcher(line);
      if (isWhole(line) && id.find() && safe.putIfAbsent(id.group(1), places) == null) {
        places++;
      }
    }
  }

  @Override
  public Appender append(Path file) throws IOException {
    return new Watched(file, lossy.append(file));
  }

  @Override
  public void replace(Path file, byte[] content) throws IOException {
    String name = file.getFileName().toString();
    irreplaceable.add(name);
    lossy.replace(file, content);
    irreplaceable.remove(name);
    replaced.put(name, new String(content, UTF_8));
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    lossy.move(from, to);
  }

  @Override
  public void delete(Path file) throws IOException {
    String text = isJournal(file) && Files.exists(file) ? Files.readString(file) : "";
    lossy.delete(file);
    for (Matcher id = ID.matcher(text); id.find(); ) {
      world.ledger.deleted(id.group(1));
      safe.remove(id.group(1));
    }
  }

  /** What is written goes with the file, not with whoever wrote it. */
  private final class Watched implements Appender {
    private final Path file;
    private final Appender inner;

    Watched(Path file, Appender inner) {
      this.file = file;
      this.inner = inner;
    }

    @Override
    public long size() throws IOException {
      return inner.size();
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      try {
        inner.write(bytes);
      } catch (IOException failure) {
        wrote(copy, copy.length / 2); // as LossyDisk does
        throw failure;
      }
      wrote(copy, copy.length);
    }

    private void wrote(byte[] bytes, int length) {
      if (isJournal(file)) {
        unsynced
            .computeIfAbsent(file, unused -> new ByteArrayOutputStream())
            .write(bytes, 0, length);
      }
    }

    @Override
    public void sync() throws IOException {
      inner.sync();
      ByteArrayOutputStream written = unsynced.remove(file);
      if (written != null) {
        records(written.toString(UTF_8));
      }
    }

    @Override
    public void truncate(long size) throws IOException {
      inner.truncate(size);
      unsynced.remove(file);
    }

    @Override
    public void close() throws IOException {
      inner.close();
    }
  }
}
