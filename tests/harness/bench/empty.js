// The least that a worker can do: what remains is workerd's own cost.
export default {
  async fetch() {
    return new Response('{"type":1}', { headers: { "content-type": "application/json" } });
  },
};
