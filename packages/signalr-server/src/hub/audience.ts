/** To whom a message goes. Plain data: a backplane carries it to other processes as it is. */
export type Audience =
  | { readonly kind: "all"; readonly except?: readonly string[] }
  | { readonly kind: "connections"; readonly connectionIds: readonly string[] }
  | { readonly kind: "users"; readonly userIds: readonly string[] }
  | { readonly kind: "groups"; readonly groups: readonly string[]; readonly except?: readonly string[] };
