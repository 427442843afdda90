import { Type, type Static } from "typebox";

/** Firebase's own settings of the web client: every one of them is public, and stands in every page that uses Firebase. */
const FirebaseWeb = Type.Object(
  { api_key: Type.String(), auth_domain: Type.String(), project_id: Type.String(), app_id: Type.String(), messaging_sender_id: Type.Union([Type.String(), Type.Null()]) },
  { additionalProperties: false },
);

/** What a client needs to know before anybody has signed in. Nothing of it is secret. */
export const ClientConfig = Type.Object(
  {
    sign_in: Type.Object(
      {
        local: Type.Boolean({ description: "Whether `POST /v1/dev/session` gives tokens here." }),
        firebase: Type.Union([FirebaseWeb, Type.Null()]),
      },
      { additionalProperties: false },
    ),
    push: Type.Union([Type.Object({ vapid_key: Type.String({ description: "The public half of the key that pushes are signed with." }) }, { additionalProperties: false }), Type.Null()], {
      description: "Null: this server sends no push.",
    }),
  },
  { $id: "ClientConfig", additionalProperties: false },
);
export type ClientConfig = Static<typeof ClientConfig>;
