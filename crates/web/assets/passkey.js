// Lets the forms of passkeys speak with the browser: what is asked stands in the form, and the answer goes back in it.
// Every word that a person reads comes from the page.
(() => {
  "use strict";

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (sign) => sign.charCodeAt(0));
  };

  const text = (buffer) => {
    const signs = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte));
    return btoa(signs.join("")).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  const listed = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const toCreate = (asked) =>
    PublicKeyCredential.parseCreationOptionsFromJSON
      ? PublicKeyCredential.parseCreationOptionsFromJSON(asked)
      : {
          ...asked,
          challenge: bytes(asked.challenge),
          user: { ...asked.user, id: bytes(asked.user.id) },
          excludeCredentials: listed(asked.excludeCredentials),
        };

  const toGet = (asked) =>
    PublicKeyCredential.parseRequestOptionsFromJSON
      ? PublicKeyCredential.parseRequestOptionsFromJSON(asked)
      : {
          ...asked,
          challenge: bytes(asked.challenge),
          allowCredentials: listed(asked.allowCredentials),
        };

  const written = (credential) => {
    if (credential.toJSON) {
      return credential.toJSON();
    }
    const from = credential.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
      response.authenticatorData = text(from.getAuthenticatorData());
      response.publicKey = text(from.getPublicKey());
      response.publicKeyAlgorithm = from.getPublicKeyAlgorithm();
      response.transports = from.getTransports();
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      response.userHandle = from.userHandle ? text(from.userHandle) : null;
    }
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: {},
      response,
    };
  };

  const run = async (form) => {
    const asked = JSON.parse(form.dataset.options);
    const credential =
      form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: toCreate(asked) })
        : await navigator.credentials.get({ publicKey: toGet(asked) });
    return JSON.stringify(written(credential));
  };

  const prepare = (form) => {
    const said = form.querySelector("[role=status]");
    const answer = form.elements.namedItem("answer");
    const button = form.querySelector("button");
    if (!window.PublicKeyCredential || !navigator.credentials) {
      said.textContent = said.dataset.none;
      button.disabled = true;
      return;
    }
    said.textContent = "";
    form.addEventListener("submit", (event) => {
      // A form that lacks something goes as it is, and the page says what is missing.
      if (answer.value || !form.checkValidity()) {
        return;
      }
      event.preventDefault();
      said.textContent = said.dataset.wait;
      button.disabled = true;
      run(form).then(
        (json) => {
          answer.value = json;
          button.disabled = false;
          form.requestSubmit(button);
        },
        (error) => {
          const known = { NotAllowedError: "stopped", AbortError: "stopped", InvalidStateError: "known" };
          said.textContent = said.dataset[known[error.name] || "failed"];
          button.disabled = false;
        },
      );
    });
  };

  document.querySelectorAll("form[data-passkey]").forEach(prepare);
})();
