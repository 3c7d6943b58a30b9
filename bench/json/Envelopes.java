package bench.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONObject;
import com.eclipsesource.json.JsonHandler;
import com.eclipsesource.json.JsonParser;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.gson.Gson;
import com.grack.nanojson.JsonParserException;
import com.grack.nanojson.JsonWriter;
import java.io.IOException;
import loomagent.json.Envelope;

/**
 * A frame's id, name and the text of its message, by each library as its authors would write it.
 * Those that tell where they are in the text cut the message out of it. The others cannot give the
 * exact text: they write their tree of it again, which is the same here only because the frame has
 * no white space, escapes or numbers that might be written in another way.
 */
final class Envelopes {
  private final Envelope envelope = new Envelope();
  private final JsonFactory jackson = new JsonFactory();
  private final ObjectMapper mapper = new ObjectMapper();
  private final Gson gson = new Gson();

  Found ours(byte[] frame) {
    envelope.read(frame, 0, frame.length);
    return new Found(envelope.id(), envelope.name(), envelope.messageText());
  }

  /** Cut out. */
  Found jacksonStreaming(byte[] frame) throws IOException {
    String id = "";
    String name = "";
    String message = "";
    try (com.fasterxml.jackson.core.JsonParser parser = jackson.createParser(frame)) {
      parser.nextToken();
      for (String member = parser.nextFieldName(); member != null; ) {
        if (!member.equals("message") || parser.nextToken() != JsonToken.START_OBJECT) {
          parser.nextToken();
          parser.skipChildren();
        } else {
          int start = (int) parser.currentTokenLocation().getByteOffset();
          for (String inner = parser.nextFieldName(); inner != null; ) {
            JsonToken value = parser.nextToken();
            if (value == JsonToken.VALUE_STRING && inner.equals("id")) {
              id = parser.getText();
            } else if (value == JsonToken.VALUE_STRING && inner.equals("name")) {
              name = parser.getText();
            } else {
              parser.skipChildren();
            }
            inner = parser.nextFieldName();
          }
          int end = (int) parser.currentLocation().getByteOffset();
          message = new String(frame, start, end - start, UTF_8);
        }
        member = parser.nextFieldName();
      }
    }
    return new Found(id, name, message);
  }

  /** Written again. */
  Found jacksonDatabind(byte[] frame) throws IOException {
    JsonNode message = mapper.readTree(frame).get("message");
    return new Found(
        message.get("id").textValue(), message.get("name").textValue(), message.toString());
  }

  /** Written again. */
  Found gson(String frame) {
    com.google.gson.JsonObject message =
        gson.fromJson(frame, com.google.gson.JsonObject.class).getAsJsonObject("message");
    return new Found(
        message.get("id").getAsString(), message.get("name").getAsString(), message.toString());
  }

  /** Written again. */
  Found fastjson(byte[] frame) {
    JSONObject message = JSON.parseObject(frame).getJSONObject("message");
    return new Found(message.getString("id"), message.getString("name"), message.toString());
  }

  /** Cut out. */
  Found minimalJson(String frame) {
    Cut cut = new Cut();
    new JsonParser(cut).parse(frame);
    return new Found(cut.id, cut.name, frame.substring(cut.start, cut.end));
  }

  /** Written again. */
  Found nanojson(String frame) throws JsonParserException {
    com.grack.nanojson.JsonObject message =
        com.grack.nanojson.JsonParser.object().from(frame).getObject("message");
    return new Found(
        message.getString("id"), message.getString("name"), JsonWriter.string(message));
  }

  /** minimal-json tells a handler where in the text it is. */
  private static final class Cut extends JsonHandler<Object, Object> {
    private String id = "";
    private String name = "";
    private int start;
    private int end;
    private int depth;
    private boolean inMessage;
    private String text = "";

    @Override
    public Object startObject() {
      depth++;
      if (depth == 2 && inMessage) {
        start = getLocation().offset;
      }
      return this;
    }

    @Override
    public void endObject(Object object) {
      if (depth == 2 && inMessage) {
        end = getLocation().offset;
      }
      depth--;
    }

    @Override
    public void startObjectValue(Object object, String member) {
      if (depth == 1) {
        inMessage = member.equals("message");
      }
    }

    @Override
    public void endString(String string) {
      text = string;
    }

    @Override
    public void endObjectValue(Object object, String member) {
      if (depth == 2 && inMessage) {
        if (member.equals("id")) {
          id = text;
        } else if (member.equals("name")) {
          name = text;
        }
      }
    }
  }
}
