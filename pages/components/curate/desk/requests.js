/* The requests of the desk. Each has the token of the page; one that is too old is renewed by the page. */

const REQUEST_TIMEOUT_MS = 8000;
const NO_REPLY = "The server does not respond. Try again in a moment."; // instead of the browser's words

class Requests {
  constructor(askForToken) { this.askForToken = askForToken; }

  use(data) {
    this.data = data;
    this.onToken?.();
  }

  /* Send one request. A refusal throws an error with the message of the server; status 0 means: retry. */
  async send(method, path, params, timeout_ms = REQUEST_TIMEOUT_MS) {
    const url = new URL(this.data.base + path, location.origin);
    const options = { method, headers: { "X-Vitrine-Token": this.data.token }, signal: AbortSignal.timeout(timeout_ms) };
    if (method === "GET") url.search = new URLSearchParams(params);
    else Object.assign(options, { body: JSON.stringify(params), keepalive: true });
    const response = await fetch(url, options).catch(({ name }) => { throw Object.assign(new Error(NO_REPLY), { name }); });
    if (response.status === 401) {
      await this.renewToken();
      return this.send(method, path, params, timeout_ms);
    }
    const answer = await response.json().catch(() => ({ detail: `The server returned ${response.status}.` }));
    if (!response.ok) throw Object.assign(new Error(answer.detail), { status: response.status >= 500 ? 0 : response.status });
    return answer;
  }

  renewToken() {
    this.askForToken();
    return new Promise((resolve) => (this.onToken = () => ((this.onToken = null), resolve())));
  }
}
