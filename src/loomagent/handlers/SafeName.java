package loomagent.handlers;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;

/**
 * Text from outside as a part of a file's name. Letters, digits, {@code .}, {@code _} and {@code -}
 * stay; anything else becomes {@code _}, and then a hash of the whole text is added behind a {@code
 * ~}, which nothing else brings: so two texts stay two names. (Where the disk does not tell
 * capitals from small letters, neither do the names.)
 */
final class SafeName {
  /** Bytes of the text that are shown: an id has 36, a subject 40. */
  private static final int SHOWN = 60;

  private static final int HASH = 8; // bytes

  /** Bytes that a name has at most. */
  static final int LONGEST = SHOWN + 1 + 2 * HASH;

  /** Windows opens a device for these, whatever ending they have. */
  private static final Pattern DEVICE =
      Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\\..*)?");

  private SafeName() {}

  /** The name; the same for the same text. */
  static String of(String text) {
    String name = shown(text, Character::isLetterOrDigit);
    try {
      var unused = Path.of(name);
    } catch (InvalidPathException notInThisLocale) {
      name = shown(text, point -> false);
    }
    return name.equals(text) ? name : name + "~" + hash(text);
  }

  private static String shown(String text, IntPredicate letter) {
    StringBuilder name = new StringBuilder();
    int bytes = 0;
    for (int point : text.codePoints().limit(SHOWN).toArray()) {
      boolean plain =
          point < 128 && (Character.isLetterOrDigit(point) || ".-_".indexOf(point) >= 0);
      int shown = plain || point >= 128 && letter.test(point) ? point : '_';
      bytes += Character.toString(shown).getBytes(StandardCharsets.UTF_8).length;
      if (bytes > SHOWN) {
        break;
      }
      name.appendCodePoint(shown);
    }
    // No hidden file, no option of a program that is given the name, nothing that Windows drops.
    String whole = name.toString().replaceFirst("^[.-]", "_").replaceFirst("\\.$", "_");
    return whole.isEmpty()
        ? "_"
        : DEVICE.matcher(whole).matches() ? "_" + whole.substring(1) : whole;
  }

  private static String hash(String text) {
    ByteBuffer all = ByteBuffer.allocate(2 * text.length()); // no charset: it may be half a pair
    all.asCharBuffer().put(text);
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(all.array());
      return HexFormat.of().formatHex(digest, 0, HASH);
    } catch (NoSuchAlgorithmException impossible) { // every Java has it
      throw new IllegalStateException(impossible);
    }
  }
}
