// Signs one PING as Discord does, with a key of its own, and prints all as one line of JSON.
import { generateKeyPairSync, sign } from "node:crypto";

const { publicKey, privateKey } = generateKeyPairSync("ed25519");
const timestamp = String(Math.floor(Date.now() / 1000));
const body = JSON.stringify({
  app_permissions: "442368",
  application_id: "1220000000000000001",
  authorizing_integration_owners: {},
  entitlements: [],
  id: "1220000000000000002",
  token: "aW50ZXJhY3Rpb246MTIyMDAwMDAwMDAwMDAwMDAwMg",
  type: 1,
  user: {
    avatar: "0123456789abcdef0123456789abcdef",
    discriminator: "0000",
    global_name: "Discord",
    id: "643945264868098049",
    public_flags: 1,
    username: "discord",
  },
  version: 1,
});
console.log(
  JSON.stringify({
    publicKey: Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url").toString("hex"),
    timestamp,
    signature: sign(null, Buffer.from(timestamp + body), privateKey).toString("hex"),
    body,
  }),
);
