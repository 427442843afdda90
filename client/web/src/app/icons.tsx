import type { ReactNode } from "react";

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" strokeWidth="1.75" strokeLinecap="round" strokeLinejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

export const InboxIcon = () => (
  <Icon>
    <path d="M4 13.5 6.6 6.2A1.8 1.8 0 0 1 8.3 5h7.4a1.8 1.8 0 0 1 1.7 1.2L20 13.5V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z" />
    <path d="M4 13.5h4.2c.5 0 .8.3 1 .7l.4.9c.2.4.6.7 1 .7h2.8c.4 0 .8-.3 1-.7l.4-.9c.2-.4.5-.7 1-.7H20" />
  </Icon>
);

export const ActivityIcon = () => (
  <Icon>
    <path d="M3 12.5h3.5L9.5 5l5 14 2.8-6.5H21" />
  </Icon>
);

export const PortfolioIcon = () => (
  <Icon>
    <path d="M5 19v-5M10 19V5M15 19v-7M20 19V9" />
  </Icon>
);

export const RulesIcon = () => (
  <Icon>
    <path d="M4.5 6.5h15M4.5 12h15M4.5 17.5h9" />
  </Icon>
);

export const SettingsIcon = () => (
  <Icon>
    <path d="M4.5 8h9M18 8h1.5M4.5 16H6M10.5 16h9" />
    <circle cx="15.75" cy="8" r="2.25" />
    <circle cx="8.25" cy="16" r="2.25" />
  </Icon>
);

export const PowerIcon = () => (
  <Icon>
    <path d="M12 3.5v7.5" />
    <path d="M7.2 6.6a7.2 7.2 0 1 0 9.6 0" />
  </Icon>
);

export const CloseIcon = () => (
  <Icon>
    <path d="m7 7 10 10M17 7 7 17" />
  </Icon>
);

export const BackIcon = () => (
  <Icon>
    <path d="m14.5 6-6 6 6 6" />
  </Icon>
);
