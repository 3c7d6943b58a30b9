package loomagent;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The built jar, run as a user runs it: its events on standard output, its log on standard error.
 */
final class AgentProcess extends ChildProcess {
  private AgentProcess(ProcessBuilder builder) {
    super("loom-agent", builder);
  }

  /** The jar under test, as {@code -Dloomagent.jar=…} names it; without one a test is skipped. */
  static Path jar() {
    String jar = System.getProperty("loomagent.jar");
    assumeTrue(jar != null, "set -Dloomagent.jar=build/loom-agent.jar");
    return Path.of(jar).toAbsolutePath();
  }

  /**
   * Runs {@code java -jar <jar> <arguments> --config <config>} with the Java that runs the tests.
   */
  static AgentProcess start(Path config, String... arguments) {
    List<String> words = new ArrayList<>(List.of(arguments));
    words.addAll(List.of("--config", config.toString()));
    return start(builder(config.toAbsolutePath().getParent(), words.toArray(String[]::new)));
  }

  /** Runs what {@link #builder} made. */
  static AgentProcess start(ProcessBuilder builder) {
    return new AgentProcess(builder);
  }

  /** {@code java -jar <jar> <arguments>} in a folder, for a test to add to its environment. */
  static ProcessBuilder builder(Path folder, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:TieredStopAtLevel=1"); // most live for seconds: a fifth less work for them
    command.addAll(List.of("-jar", jar().toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    // As a service has it: no locale, so that text that is right is right everywhere; and no
    // settings but the test's.
    builder
        .environment()
        .keySet()
        .removeIf(key -> key.startsWith("LOOM_AGENT_") || key.startsWith("LC_"));
    builder.environment().put("LC_ALL", "C");
    return builder;
  }
}
