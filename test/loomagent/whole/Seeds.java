package loomagent.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import loomagent.schedule.Mutant;
import loomagent.schedule.Play;
import loomagent.schedule.Rewritten;

/** Plays the {@link Story} of one seed after the other. */
final class Seeds {
  private static final Pattern AGENTS =
      Pattern.compile(
          "(loomagent/(base|json|net|cable|auth|journal|config|delivery|backfill|plugin|agent)/.*)"
              + "[.]class");

  private final Class<?> story;
  private final Path folder;
  private final Map<String, Long> counts = new TreeMap<>();
  private long steps;

  /**
   * Has played none yet.
   *
   * @param mutants what is wrong with the agent
   * @param folder an empty one
   */
  Seeds(List<Mutant> mutants, Path folder) throws ReflectiveOperationException {
    this.folder = folder;
    ClassLoader loader = new Rewritten(mutants);
    this.story = Class.forName("loomagent.whole.Story", true, loader);
    initialize(loader);
  }

  /** What a class does at its first use would else be a part of the first story that uses it. */
  private static void initialize(ClassLoader loader) throws ReflectiveOperationException {
    try (JarFile jar = new JarFile(System.getProperty("loomagent.jar", "build/loom-agent.jar"))) {
      for (JarEntry entry : Collections.list(jar.entries())) {
        Matcher name = AGENTS.matcher(entry.getName());
        if (name.matches()) {
          Class.forName(name.group(1).replace('/', '.'), true, loader);
        }
      }
    } catch (IOException unreadable) {
      throw new ReflectiveOperationException(unreadable);
    }
  }

  Play.Outcome play(long seed) throws Exception {
    Path own = Files.createDirectories(folder.resolve("seed-" + seed));
    try {
      Play.Outcome outcome = ((Play) story.getDeclaredConstructor().newInstance()).play(seed, own);
      outcome.counts().forEach((what, count) -> counts.merge(what, count, Long::sum));
      steps += outcome.steps();
      return outcome;
    } finally {
      delete(own);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  /** What happened, how often. */
  Map<String, Long> counts() {
    return counts;
  }

  long steps() {
    return steps;
  }

  /** Tells the story of one seed. */
  public static void main(String[] args) throws Exception {
    if (args.length != 1 || !args[0].matches("-?[0-9]{1,18}")) {
      System.err.println("Which story? Its seed is a number: make story SEED=12");
      System.exit(64);
    }
    System.setProperty(Log.DETAILS, "true");
    Path folder = Files.createTempDirectory("story");
    try {
      Play.Outcome outcome = new Seeds(List.of(), folder).play(Long.parseLong(args[0]));
      System.out.println(outcome.story());
      System.out.println(outcome.steps() + " steps, trace " + outcome.trace());
    } finally {
      delete(folder);
    }
  }
}
