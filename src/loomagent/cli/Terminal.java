package loomagent.cli;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What a command talks to.
 *
 * @param out for what was asked for
 * @param err for errors and the agent's log
 * @param environment the process's environment variables
 * @param folder where relative paths begin
 */
record Terminal(PrintStream out, PrintStream err, Map<String, String> environment, Path folder) {}
