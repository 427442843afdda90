import type { ComponentProps, ReactNode } from "react";
import { hrefOf, navigate, type Route } from "./routes.ts";

/** A real link, so that it opens in a new tab as well; a plain press changes the screen without a reload. */
export function Link({ to, children, ...rest }: { to: Route; children: ReactNode } & Omit<ComponentProps<"a">, "href" | "onClick">) {
  return (
    <a
      {...rest}
      href={hrefOf(to)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        navigate(to);
      }}
    >
      {children}
    </a>
  );
}
