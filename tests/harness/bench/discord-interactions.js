// The endpoint as Discord's own JavaScript package would have it.
import { InteractionResponseType, InteractionType, verifyKey } from "discord-interactions";

export default {
  async fetch(request, env) {
    const signature = request.headers.get("x-signature-ed25519");
    const timestamp = request.headers.get("x-signature-timestamp");
    const body = await request.text();
    const valid =
      signature && timestamp && (await verifyKey(body, signature, timestamp, env.DISCORD_PUBLIC_KEY));
    if (!valid) return new Response("bad signature", { status: 401 });
    if (JSON.parse(body).type !== InteractionType.PING) return new Response("no", { status: 400 });
    return Response.json({ type: InteractionResponseType.PONG });
  },
};
