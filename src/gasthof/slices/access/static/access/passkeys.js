// Passkeys (Web Authentication, level 2). A form with data-passkey shows itself where the browser knows them; its button asks
// the device, and sends what the device said. Options stand in the page, or come from the form's address ("login").
"use strict";

(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (listed) => (listed || []).map((each) => ({ ...each, id: bytes(each.id) }));

  async function made(options) {
    const asked = options.publicKey;
    const selection = { ...asked.authenticatorSelection };
    Object.assign(selection, { residentKey: "required", requireResidentKey: true, userVerification: "required" });
    const credential = await navigator.credentials.create({
      publicKey: {
        ...asked,
        challenge: bytes(asked.challenge),
        user: { ...asked.user, id: bytes(asked.user.id) },
        excludeCredentials: known(asked.excludeCredentials),
        authenticatorSelection: selection,
      },
    });
    return described(credential, {
      attestationObject: text(credential.response.attestationObject),
      transports: credential.response.getTransports ? credential.response.getTransports() : [],
    });
  }

  async function shown(options) {
    const asked = options.publicKey;
    const credential = await navigator.credentials.get({
      publicKey: { ...asked, challenge: bytes(asked.challenge), allowCredentials: known(asked.allowCredentials) },
    });
    const { authenticatorData, signature, userHandle } = credential.response;
    return described(credential, {
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    });
  }

  function described(credential, response) {
    return {
      type: credential.type,
      id: credential.id,
      rawId: text(credential.rawId),
      clientExtensionResults: credential.getClientExtensionResults(),
      response: { clientDataJSON: text(credential.response.clientDataJSON), ...response },
    };
  }

  async function options(form) {
    if (form.dataset.passkey !== "login") {
      return JSON.parse(document.getElementById("passkey-options").textContent);
    }
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return (await answer.json()).request_options;
  }

  async function ask(form) {
    const failed = form.querySelector("[data-failed]");
    failed.hidden = true;
    try {
      const asked = await options(form);
      const said = form.dataset.passkey === "add" ? await made(asked) : await shown(asked);
      form.elements.credential.value = JSON.stringify(said);
      form.submit();
    } catch {
      failed.hidden = false;
    }
  }

  for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      ask(form);
    });
  }
})();
