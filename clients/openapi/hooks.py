"""What Schemathesis needs to know of Chatroom that the document does not say: who signs in, and what there is.

`BASE_URL` names a server of its own, in which two people and their room are made first.
"""

import os
import uuid

import requests
import schemathesis

BASE_URL = os.environ["BASE_URL"]
PASSWORD = "正確的馬電池訂書針"
RUN = uuid.uuid4().hex[:8]
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def call(method, path, token=None, **body):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    answer = requests.request(method, BASE_URL + path, headers=headers, timeout=20, **body)
    answer.raise_for_status()
    return answer.json()


def sign_in(name):
    return call("POST", "/auth/token", data={"username": name + RUN, "password": PASSWORD})["access_token"]


def join(name):
    account = {"username": name + RUN, "password": PASSWORD, "email": f"{name}{RUN}@example.com"}
    return call("POST", "/auth/register", json=account)["user_id"]


class World:
    """Alice, who sends the requests, and Ming and Mei, with whom she has rooms."""

    def __init__(self):
        self.alice, self.ming, self.mei = join("alice"), join("ming"), join("mei")
        self.token = sign_in("alice")
        for friend in ("ming", "mei"):
            call("POST", "/friends/request", sign_in(friend), json={"friend_id": self.alice})
            call("POST", "/friends/requests/accepted", self.token, json={"friend_id": getattr(self, friend)})
        self.pair = self.make_room(self.ming)
        self.group = self.make_room(self.ming, self.mei)

    def make_room(self, *members):
        made = call("POST", "/chatrooms", self.token, json={"members_id": list(members)})
        return made["chatroom_id"]

    def living_group(self):
        """The group, or another one if she is not in it any more."""
        try:
            call("GET", f"/chatrooms/{self.group}", self.token)
        except requests.HTTPError:
            self.group = self.make_room(self.ming, self.mei)
        return self.group

    def message(self, room):
        return call("POST", f"/chatrooms/{room}/messages", self.token, json={"content": "在嗎？"})["message_id"]


WORLD = World()


@schemathesis.auth(refresh_interval=1)
class SignedIn:
    """Signs in again when what was tried has ended the session."""

    def get(self, case, context):
        try:
            call("GET", "/user/me", WORLD.token)
        except requests.HTTPError:
            WORLD.token = sign_in("alice")
        return WORLD.token

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """Where JSON is taken, forms are left out: a form cannot say null, nor a list of one."""
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            content = isinstance(operation, dict) and operation.get("requestBody", {}).get("content", {})
            if content and "application/json" in content:
                for form in FORMS:
                    content.pop(form, None)


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    """Names what there is in place of most that is made up."""
    made_up = path_parameters or {}
    # The same for the same parameters, so that a failure can be repeated.
    dice = sum("".join(map(str, made_up.values())).encode())
    if not made_up or dice % 4 == 0:
        return path_parameters
    try:
        if "chatroom_id" in made_up:
            made_up["chatroom_id"] = WORLD.pair if dice % 4 == 1 else WORLD.living_group()
        if "message_id" in made_up:
            # A room that a link leads to is not among what is made up.
            made_up["message_id"] = WORLD.message(made_up.get("chatroom_id", WORLD.pair))
        if "emoji" in made_up:
            made_up["emoji"] = "%E2%9D%A4"
        if "user_id" in made_up:
            made_up["user_id"] = WORLD.ming
    except requests.HTTPError:
        # The session has ended, or Ming is blocked: what was made up will do.
        pass
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    """Names friends in place of most members that are made up: groups are of friends."""
    members = body.get("members_id") if isinstance(body, dict) else None
    if isinstance(members, list) and len(members) % 4 != 3:
        body["members_id"] = [WORLD.ming, WORLD.mei]
    return body
