// The script of Loom's documentation (Websocket Delivery) as it stands there, but for the address, which
// comes from the environment, and a typing error ("proces.env").
import WebSocket from 'ws';

const ws = new WebSocket(process.env.LOOM_URL, {
   headers: {
      authorization: `Bearer ${process.env.JWT_TOKEN}`, // auth is passed to the initial request through a Bearer token
   },
});

// This should have more advanced error handling.
ws.on('error', console.error.bind(console));

ws.on('open', () => {
  const msg = {
    // subscribe to a channel
    command: 'subscribe',
    identifier: JSON.stringify({
      // a CSN list of the events to listen for.
      events: "mission_control.job_added,mission_control.job_updated",
      // the channel name, must be EventChannel
      channel: 'EventChannel'
    }),
  };

  // send the subscription request
  ws.send(JSON.stringify(msg));
});

ws.on('message', (data) => {
  // parse the received payload
  const msg = JSON.parse(data);

  // Ignores pings.
  if (msg.type === "ping") {
    return;
  }

  // if a message property is present, this is a real webhook
  if (msg.message != null) {
    console.log('webhook received', msg.message);
  }
});
