-- Up Migration
-- Questions of rules that order without asking, until they are answered: which is at once.
create index questions_to_answer_by_themselves on questions (created_at) where status = 'open' and metadata ? 'auto';
