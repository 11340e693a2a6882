//! Discord's side of the interactions endpoint: signs what people do, posts it, and shows the
//! answer in the channel.

use ed25519_dalek::Signer;
use http::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use shared::http::{Http, Request, Response, Unreachable};
use shared::id::{ChannelId, InteractionId, UserId};
use shared::secret::Secret;

use super::Discord;
use super::act::Act;
use super::answer::{AUTOCOMPLETE, answer};
use super::message::{Message, NOTICE};
use super::refusal::Refusal;
use super::state::{Answer, FIRST_ANSWER_WITHIN, State};

/// An endpoint that an application has registered.
#[derive(Debug)]
pub struct Endpoint<H> {
    discord: Discord,
    http: H,
    url: String,
}

/// An interaction that was sent, and what came of it.
#[derive(Debug)]
pub struct Exchange {
    /// The interaction.
    pub id: InteractionId,
    /// Its token, for what a program may do with it.
    pub token: Secret,
    /// The signed request, to be sent again by a test of redelivery.
    pub request: Request,
    /// What came back, byte by byte.
    pub response: Result<Response, Unreachable>,
    /// The answer, if Discord took it; else why not, as the person learns "did not respond".
    pub answer: Result<Value, String>,
}

impl Exchange {
    /// The answer. Panics if Discord did not take it.
    pub fn taken(&self) -> &Value {
        self.answer
            .as_ref()
            .unwrap_or_else(|why| panic!("Discord did not take the answer: {why}"))
    }

    /// The names of the choices offered, for an autocompletion.
    pub fn choices(&self) -> Vec<String> {
        let choices = self.taken()["data"]["choices"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        choices
            .iter()
            .filter_map(|c| c["name"].as_str().map(str::to_owned))
            .collect()
    }
}

impl Discord {
    /// The endpoint at `url`, reached by `http`.
    pub fn endpoint<H: Http>(&self, http: H, url: impl Into<String>) -> Endpoint<H> {
        Endpoint {
            discord: self.clone(),
            http,
            url: url.into(),
        }
    }

    /// Signs a body as Discord does: Ed25519 over the timestamp and the raw bytes.
    pub fn sign(&self, url: &str, body: &Value) -> Request {
        let state = self.lock();
        let body = serde_json::to_vec(body).expect("JSON values serialise");
        let timestamp = state.now().as_second().to_string();
        let signature = state.key.sign(&[timestamp.as_bytes(), &body].concat());
        http::Request::post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(
                USER_AGENT,
                "Discord-Interactions/1.0 (+https://discord.com)",
            )
            .header("X-Signature-Ed25519", hex::encode(signature.to_bytes()))
            .header("X-Signature-Timestamp", timestamp)
            .body(body)
            .expect("the endpoint's URL is valid")
    }

    /// The payload of a ping.
    pub fn ping(&self) -> Value {
        let mut state = self.lock();
        json!({
            "app_permissions": "0",
            "application_id": state.application.to_string(),
            "attachment_size_limit": 10_485_760,
            "authorizing_integration_owners": {},
            "entitlements": [],
            "id": state.snowflake().to_string(),
            "token": "cGluZw",
            "type": 1,
            "user": state.user_json(state.application),
            "version": 1,
        })
    }

    /// The payload of what `user` does in `channel`, which is then an open interaction.
    pub fn interaction(&self, user: &UserId, channel: &ChannelId, act: impl Into<Act>) -> Value {
        self.lock().interaction(user, channel, &act.into())
    }
}

impl<H: Http> Endpoint<H> {
    /// `user` does this in `channel`, and sees the answer.
    pub async fn act(&self, user: &UserId, channel: &ChannelId, act: impl Into<Act>) -> Exchange {
        let payload = self.discord.interaction(user, channel, act);
        self.deliver(&payload).await
    }

    /// Delivers the payload of an open interaction, and shows the answer.
    pub async fn deliver(&self, payload: &Value) -> Exchange {
        let token = payload["token"]
            .as_str()
            .expect("a payload has a token")
            .to_owned();
        let request = self.discord.sign(&self.url, payload);
        let response = self.http.send(request.clone(), FIRST_ANSWER_WITHIN).await;
        let answer = self.take(&token, &response);
        if answer.is_err() {
            self.discord.lock().show_failure(&token);
        }
        let id = InteractionId::new(payload["id"].as_str().expect("a payload has an id"));
        Exchange {
            id,
            token: Secret::new(token),
            request,
            response,
            answer,
        }
    }

    /// The same bytes once more. The answer changes nothing that anybody sees.
    pub async fn redeliver(&self, exchange: &Exchange) -> Result<Response, Unreachable> {
        self.http
            .send(exchange.request.clone(), FIRST_ANSWER_WITHIN)
            .await
    }

    fn take(&self, token: &str, response: &Result<Response, Unreachable>) -> Result<Value, String> {
        let response = response.as_ref().map_err(ToString::to_string)?;
        if response.status() != 200 {
            return Err(format!(
                "status {}: {}",
                response.status(),
                String::from_utf8_lossy(response.body())
            ));
        }
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        if !kind.starts_with("application/json") {
            self.discord
                .violation(format!("an answer to an interaction of type {kind:?}"));
            return Err(format!("content type {kind:?}"));
        }
        let json: Value = serde_json::from_slice(response.body()).map_err(|e| e.to_string())?;
        let answered = answer(&mut self.discord.lock(), token, &json.clone().into());
        match answered {
            Ok(breaches) => {
                for breach in breaches {
                    self.discord
                        .violation(format!("an answer to an interaction: {breach}"));
                }
                Ok(json)
            }
            // Answered by the callback before this response came: Discord ignores the second.
            Err(refusal) if refusal == Refusal::already_acknowledged() => {
                Err(format!("{refusal:?}"))
            }
            Err(refusal) => {
                self.discord
                    .violation(format!("an answer to an interaction: {json} {refusal:?}"));
                Err(format!("{refusal:?}"))
            }
        }
    }

    /// What Discord does when an operator saves the endpoint: it must answer a ping, and must
    /// refuse one whose signature is wrong.
    pub async fn is_accepted(&self) -> Result<(), String> {
        let pong = self
            .send(self.discord.sign(&self.url, &self.discord.ping()))
            .await?;
        let json: Value = serde_json::from_slice(pong.body()).unwrap_or_default();
        if pong.status() != 200 || json != json!({"type": 1}) {
            return Err(format!("a ping was answered {} {json}", pong.status()));
        }
        match self.send(self.badly_signed()).await?.status().as_u16() {
            401 => Ok(()),
            status => Err(format!("a bad signature was answered {status}")),
        }
    }

    async fn send(&self, request: Request) -> Result<Response, String> {
        self.http
            .send(request, FIRST_ANSWER_WITHIN)
            .await
            .map_err(|e| e.to_string())
    }

    /// The probe that Discord sends from time to time: well-formed, signed with another key.
    pub fn badly_signed(&self) -> Request {
        let mut request = self.discord.sign(&self.url, &self.discord.ping());
        let other = ed25519_dalek::SigningKey::from_bytes(b"not the key of this application!");
        let timestamp = request.headers()["X-Signature-Timestamp"].as_bytes();
        let signature = hex::encode(other.sign(&[timestamp, request.body()].concat()).to_bytes());
        let signature = signature.parse().expect("hex is a valid header value");
        request
            .headers_mut()
            .insert("X-Signature-Ed25519", signature);
        request
    }
}

impl State {
    /// What the person sees when no usable answer came in time.
    fn show_failure(&mut self, token: &str) {
        let Some(interaction) = self.interactions.get_mut(token) else {
            return;
        };
        if interaction.answer != Answer::Awaited {
            return;
        }
        interaction.answer = Answer::Failed;
        let (user, channel, kind) = (interaction.user, interaction.channel, interaction.kind);
        if kind == AUTOCOMPLETE {
            return;
        }
        let author = self.application;
        let mut notice = Message::blank(self, channel, author);
        "The application did not respond".clone_into(&mut notice.content);
        notice.kind = NOTICE;
        notice.only_for = Some(user);
        self.messages.insert(notice.id, notice);
    }
}
