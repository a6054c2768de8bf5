BEGIN TRANSACTION;
CREATE TABLE mh_alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT mh_alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "mh_alembic_version" VALUES('0012');
CREATE TABLE mh_cascades (
	number INTEGER NOT NULL, 
	id VARCHAR(40) NOT NULL, 
	subject_kind VARCHAR(32) NOT NULL, 
	subject_id VARCHAR(100) NOT NULL, 
	seller_id VARCHAR(100) NOT NULL, 
	change VARCHAR(32) NOT NULL, 
	cause JSON NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	steps JSON NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	error TEXT, 
	owner TEXT, 
	leased_until DATETIME, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, about VARCHAR(100), 
	CONSTRAINT pk_mh_cascades PRIMARY KEY (number), 
	CONSTRAINT uq_mh_cascades_id UNIQUE (id), 
	CONSTRAINT ck_mh_cascades_subject_kind CHECK (subject_kind IN ('product', 'pack', 'seller')), 
	CONSTRAINT ck_mh_cascades_state CHECK (state IN ('running', 'done', 'failed'))
);
INSERT INTO "mh_cascades" VALUES(1,'cas_cc704102c79149149d6d4450660547e5','product','shown','s1','held','{"event_id": "evt-e6e9ba887fe04ffda9a0e6ad3aa9a286", "actor": "seller", "reason": "test"}','done','[{"name": "product_page", "state": "done", "total": 1, "done": 1, "failed": 0, "cursor": null}, {"name": "packs", "state": "done", "total": 0, "done": 0, "failed": 0, "cursor": null}, {"name": "renewals", "state": "done", "total": 0, "done": 0, "failed": 0, "cursor": null}, {"name": "events", "state": "done", "total": 1, "done": 1, "failed": 0, "cursor": null}]',0,NULL,NULL,NULL,'2026-11-29 20:10:41.937840','2026-11-29 20:10:41.937840',NULL);
INSERT INTO "mh_cascades" VALUES(2,'cas_09ce85e601244286891c44ffa559dfe4','product','withdrawn','s1','withdrawn','{"event_id": "evt-945a096104f7474fbd479bdee459f938", "actor": "seller", "reason": "test"}','running','[{"name": "product_page", "state": "done", "total": 1, "done": 1, "failed": 0, "cursor": null}, {"name": "packs", "state": "done", "total": 0, "done": 0, "failed": 0, "cursor": null}, {"name": "renewals", "state": "pending", "total": null, "done": 0, "failed": 0, "cursor": null}]',0,NULL,NULL,NULL,'2026-11-29 20:10:42.194184',NULL,NULL);
CREATE TABLE mh_clocks (
	request_id VARCHAR(100) NOT NULL, 
	name VARCHAR(32) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	started_at DATETIME NOT NULL, 
	business_days INTEGER NOT NULL, 
	policy JSON NOT NULL, 
	last_day DATE, 
	due_before DATETIME, 
	trace JSON NOT NULL, 
	remaining_days INTEGER, 
	stopped_at DATETIME, 
	missed_at DATETIME, 
	noticed_at DATETIME, 
	notice_id VARCHAR(40), 
	warn_at DATETIME, earlier_days INTEGER DEFAULT '0' NOT NULL, taken_days INTEGER, 
	CONSTRAINT pk_mh_clocks PRIMARY KEY (request_id, name), 
	CONSTRAINT ck_mh_clocks_name CHECK (name IN ('acknowledgement', 'fix')), 
	CONSTRAINT ck_mh_clocks_state CHECK (state IN ('running', 'suspended', 'to_confirm', 'frozen', 'met', 'missed', 'void'))
);
CREATE TABLE mh_closures (
	id VARCHAR(100) NOT NULL, 
	seller_id VARCHAR(100) NOT NULL, 
	first_day DATE NOT NULL, 
	last_day DATE, 
	declared_at DATETIME NOT NULL, 
	announced_at DATETIME NOT NULL, 
	told_at DATETIME NOT NULL, 
	cancelled_at DATETIME, 
	CONSTRAINT pk_mh_closures PRIMARY KEY (id), 
	CONSTRAINT fk_mh_closures_seller_id FOREIGN KEY(seller_id) REFERENCES mh_sellers (id)
);
CREATE TABLE mh_customers (
	id VARCHAR(100) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	locale VARCHAR(20) NOT NULL, 
	professional BOOLEAN NOT NULL, 
	described_at DATETIME NOT NULL, 
	erased_at DATETIME, 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_mh_customers PRIMARY KEY (id)
);
INSERT INTO "mh_customers" VALUES('c1','A','a@shop.example','fr',0,'2026-11-29 20:10:41.672558',NULL,0);
CREATE TABLE mh_deliveries (
	id INTEGER NOT NULL, 
	outbox_id INTEGER NOT NULL, 
	endpoint_id VARCHAR(40) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	attempts SMALLINT DEFAULT '0' NOT NULL, 
	due_at DATETIME NOT NULL, 
	owner TEXT, 
	leased_until DATETIME, 
	last_status INTEGER, 
	last_error TEXT, 
	attempt_log JSON, 
	delivered_at DATETIME, 
	CONSTRAINT pk_mh_deliveries PRIMARY KEY (id), 
	CONSTRAINT fk_mh_deliveries_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES mh_endpoints (id), 
	CONSTRAINT fk_mh_deliveries_outbox_id FOREIGN KEY(outbox_id) REFERENCES mh_outbox (id), 
	CONSTRAINT uq_mh_deliveries_outbox_id_endpoint_id UNIQUE (outbox_id, endpoint_id), 
	CONSTRAINT ck_mh_deliveries_state CHECK (state IN ('pending', 'delivered', 'exhausted', 'parked'))
);
CREATE TABLE mh_disputes (
	purchase_id VARCHAR(100) NOT NULL, 
	disputed_at DATETIME NOT NULL, 
	amount_cents INTEGER NOT NULL, 
	outcome VARCHAR(32), 
	closed_at DATETIME, 
	CONSTRAINT pk_mh_disputes PRIMARY KEY (purchase_id, disputed_at), 
	CONSTRAINT ck_mh_disputes_closed CHECK ((outcome IS NULL) = (closed_at IS NULL)), 
	CONSTRAINT fk_mh_disputes_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT ck_mh_disputes_outcome CHECK (outcome IN ('won', 'lost'))
);
CREATE TABLE mh_endpoint_types (
	endpoint_id VARCHAR(40) NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	CONSTRAINT pk_mh_endpoint_types PRIMARY KEY (endpoint_id, type), 
	CONSTRAINT fk_mh_endpoint_types_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES mh_endpoints (id) ON DELETE CASCADE
);
CREATE TABLE mh_endpoints (
	id VARCHAR(40) NOT NULL, 
	url TEXT NOT NULL, 
	description TEXT DEFAULT '' NOT NULL, 
	types JSON NOT NULL, 
	secret BLOB NOT NULL, 
	enabled BOOLEAN DEFAULT (true) NOT NULL, 
	disabled_reason TEXT, 
	failing_since DATETIME, 
	tokens DOUBLE DEFAULT '0' NOT NULL, 
	refilled_at DATETIME, 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_endpoints PRIMARY KEY (id)
);
CREATE TABLE mh_evidence (
	id INTEGER NOT NULL, 
	inspection_number INTEGER NOT NULL, 
	what VARCHAR(32) NOT NULL, 
	subject VARCHAR(200) DEFAULT '' NOT NULL, 
	value JSON, 
	rung VARCHAR(32) NOT NULL, 
	rank INTEGER NOT NULL, 
	strength VARCHAR(32) NOT NULL, 
	observed_at DATETIME NOT NULL, 
	request TEXT, 
	note VARCHAR(64), 
	facts JSON NOT NULL, 
	CONSTRAINT pk_mh_evidence PRIMARY KEY (id), 
	CONSTRAINT fk_mh_evidence_inspection_number FOREIGN KEY(inspection_number) REFERENCES mh_inspections (number), 
	CONSTRAINT ck_mh_evidence_what CHECK (what IN ('platform_version', 'shop_identity', 'module', 'module_list', 'files', 'overrides', 'credential')), 
	CONSTRAINT ck_mh_evidence_strength CHECK (strength IN ('declared_checked', 'verified', 'observed', 'may_be_stale', 'declared'))
);
INSERT INTO "mh_evidence" VALUES(1,1,'platform_version','','"9.1.4"','cookie',4,'observed','2026-11-29 20:10:42.137426','GET http://127.0.0.1:40789/',NULL,'{}');
INSERT INTO "mh_evidence" VALUES(2,1,'module','',NULL,'public_page',5,'observed','2026-11-29 20:10:42.137670','GET http://127.0.0.1:40789/','no_module_seen','{}');
CREATE TABLE mh_idempotent_calls (
	scope VARCHAR(200) NOT NULL, 
	route VARCHAR(200) NOT NULL, 
	"key" VARCHAR(255) NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	owner VARCHAR(32) NOT NULL, 
	started_at DATETIME NOT NULL, 
	status INTEGER, 
	body BLOB, 
	CONSTRAINT pk_mh_idempotent_calls PRIMARY KEY (scope, route, "key")
);
CREATE TABLE mh_inbox (
	id INTEGER NOT NULL, 
	source VARCHAR(64) NOT NULL, 
	event_id VARCHAR(256) NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	subject VARCHAR(200) NOT NULL, 
	shard SMALLINT NOT NULL, 
	sent_at DATETIME NOT NULL, 
	received_at DATETIME NOT NULL, 
	body BLOB, 
	body_sha256 VARCHAR(64) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	outcome VARCHAR(32), 
	errors JSON, 
	parked_on VARCHAR(200), 
	due_at DATETIME, 
	applied_at DATETIME, 
	CONSTRAINT pk_mh_inbox PRIMARY KEY (id), 
	CONSTRAINT uq_mh_inbox_source_event_id UNIQUE (source, event_id), 
	CONSTRAINT ck_mh_inbox_state CHECK (state IN ('received', 'applied', 'ignored', 'rejected', 'parked', 'failed'))
);
INSERT INTO "mh_inbox" VALUES(1,'marketplace','evt-cbfb154543464cf081c72e28483aabef','seller.upserted','seller:s1',50,'2026-11-29 20:10:41.672397','2026-11-29 20:10:41.672550',X'7B2274797065223A202273656C6C65722E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3637323339375A222C202264617461223A207B2273656C6C65725F6964223A20227331222C20226E616D65223A202253656C6C6572222C2022636F756E747279223A20224652222C20226C6F63616C65223A20226672227D7D','evt-cbfb154543464cf081c72e28483aabef','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.766300');
INSERT INTO "mh_inbox" VALUES(2,'marketplace','evt-c37c40c81462489cbedef41fb88fe4b3','customer.upserted','customer:c1',9,'2026-11-29 20:10:41.672558','2026-11-29 20:10:41.672592',X'7B2274797065223A2022637573746F6D65722E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3637323535385A222C202264617461223A207B22637573746F6D65725F6964223A20226331222C20226E616D65223A202241222C2022656D61696C223A2022614073686F702E6578616D706C65222C20226C6F63616C65223A20226672222C202270726F66657373696F6E616C223A2066616C73657D7D','evt-c37c40c81462489cbedef41fb88fe4b3','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.766300');
INSERT INTO "mh_inbox" VALUES(3,'marketplace','evt-79964347320f41c288db2590608ceaf7','product.upserted','product:hidden',27,'2026-11-29 20:10:41.672593','2026-11-29 20:10:41.672642',X'7B2274797065223A202270726F647563742E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3637323539335A222C202264617461223A207B2270726F647563745F6964223A202268696464656E222C202273656C6C65725F6964223A20227331222C202276657273696F6E223A20312C20226B696E64223A20226D6F64756C65222C2022746563686E6963616C5F6E616D65223A202268696464656E222C20227469746C65223A207B22656E223A202268696464656E227D2C20227072696365223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D2C20226C697374696E67223A207B226665617475726573223A205B226F6E65225D2C2022636F6D70617469626C655F66726F6D223A2022382E302E30222C2022636F6D70617469626C655F746F223A206E756C6C2C20227075626C69736865645F6174223A2022323032362D30312D30315430303A30303A30305A227D7D7D','evt-79964347320f41c288db2590608ceaf7','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.766300');
INSERT INTO "mh_inbox" VALUES(4,'marketplace','evt-d8831038fed44ddc84a1e2a8c994e5dc','product.upserted','product:withdrawn',55,'2026-11-29 20:10:41.672643','2026-11-29 20:10:41.672677',X'7B2274797065223A202270726F647563742E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3637323634335A222C202264617461223A207B2270726F647563745F6964223A202277697468647261776E222C202273656C6C65725F6964223A20227331222C202276657273696F6E223A20312C20226B696E64223A20226D6F64756C65222C2022746563686E6963616C5F6E616D65223A202277697468647261776E222C20227469746C65223A207B22656E223A202277697468647261776E227D2C20227072696365223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D2C20226C697374696E67223A207B226665617475726573223A205B226F6E65225D2C2022636F6D70617469626C655F66726F6D223A2022382E302E30222C2022636F6D70617469626C655F746F223A206E756C6C2C20227075626C69736865645F6174223A2022323032362D30312D30315430303A30303A30305A227D7D7D','evt-d8831038fed44ddc84a1e2a8c994e5dc','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.766300');
INSERT INTO "mh_inbox" VALUES(5,'marketplace','evt-f143abd03f0d4d6ca4d35847fe895413','product.upserted','product:shown',40,'2026-11-29 20:10:41.672678','2026-11-29 20:10:41.672705',X'7B2274797065223A202270726F647563742E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3637323637385A222C202264617461223A207B2270726F647563745F6964223A202273686F776E222C202273656C6C65725F6964223A20227331222C202276657273696F6E223A20312C20226B696E64223A20226D6F64756C65222C2022746563686E6963616C5F6E616D65223A202273686F776E222C20227469746C65223A207B22656E223A202273686F776E227D2C20227072696365223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D2C20226C697374696E67223A207B226665617475726573223A205B226F6E65225D2C2022636F6D70617469626C655F66726F6D223A2022382E302E30222C2022636F6D70617469626C655F746F223A206E756C6C2C20227075626C69736865645F6174223A2022323032362D30312D30315430303A30303A30305A227D7D7D','evt-f143abd03f0d4d6ca4d35847fe895413','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.766300');
INSERT INTO "mh_inbox" VALUES(6,'marketplace','evt-f52363980c3e426abb7c9c92bdea106b','purchase.completed','purchase:purchase-0',33,'2026-11-29 20:10:41.920437','2026-11-29 20:10:41.920561',X'7B2274797065223A202270757263686173652E636F6D706C65746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3932303433375A222C202264617461223A207B2270757263686173655F6964223A202270757263686173652D30222C2022637573746F6D65725F6964223A20226331222C202270726F647563745F6964223A202277697468647261776E222C20227075726368617365645F6174223A2022323032362D31302D33305432303A31303A34312E3637323336382B30303A3030222C202270726963655F70616964223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D7D7D','evt-f52363980c3e426abb7c9c92bdea106b','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.937840');
INSERT INTO "mh_inbox" VALUES(7,'marketplace','evt-d2a53e7fa2144569898f7e4682d67254','purchase.completed','purchase:purchase-1',55,'2026-11-29 20:10:41.920568','2026-11-29 20:10:41.920602',X'7B2274797065223A202270757263686173652E636F6D706C65746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3932303536385A222C202264617461223A207B2270757263686173655F6964223A202270757263686173652D31222C2022637573746F6D65725F6964223A20226331222C202270726F647563745F6964223A202277697468647261776E222C20227075726368617365645F6174223A2022323032362D31302D33305432303A31303A34312E3637323336382B30303A3030222C202270726963655F70616964223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D7D7D','evt-d2a53e7fa2144569898f7e4682d67254','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.937840');
INSERT INTO "mh_inbox" VALUES(8,'marketplace','evt-bc666e9bbb064c039585dea353e4116b','purchase.completed','purchase:purchase-2',13,'2026-11-29 20:10:41.920604','2026-11-29 20:10:41.920632',X'7B2274797065223A202270757263686173652E636F6D706C65746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3932303630345A222C202264617461223A207B2270757263686173655F6964223A202270757263686173652D32222C2022637573746F6D65725F6964223A20226331222C202270726F647563745F6964223A202277697468647261776E222C20227075726368617365645F6174223A2022323032362D31302D33305432303A31303A34312E3637323336382B30303A3030222C202270726963655F70616964223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D7D7D','evt-bc666e9bbb064c039585dea353e4116b','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.937840');
INSERT INTO "mh_inbox" VALUES(9,'marketplace','evt-e6e9ba887fe04ffda9a0e6ad3aa9a286','product.status_changed','product:shown',40,'2026-11-29 20:10:41.920633','2026-11-29 20:10:41.920655',X'7B2274797065223A202270726F647563742E7374617475735F6368616E676564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34312E3932303633335A222C202264617461223A207B2270726F647563745F6964223A202273686F776E222C2022737461747573223A20226F66666C696E655F74656D706F72617279222C20226163746F72223A202273656C6C6572222C2022726561736F6E223A202274657374222C202276657273696F6E223A20317D7D','evt-e6e9ba887fe04ffda9a0e6ad3aa9a286','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:41.937840');
INSERT INTO "mh_inbox" VALUES(10,'marketplace','evt-945a096104f7474fbd479bdee459f938','product.status_changed','product:withdrawn',55,'2026-11-29 20:10:42.180185','2026-11-29 20:10:42.180306',X'7B2274797065223A202270726F647563742E7374617475735F6368616E676564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34322E3138303138355A222C202264617461223A207B2270726F647563745F6964223A202277697468647261776E222C2022737461747573223A20226F66666C696E655F7065726D616E656E74222C20226163746F72223A202273656C6C6572222C2022726561736F6E223A202274657374222C202276657273696F6E223A20317D7D','evt-945a096104f7474fbd479bdee459f938','applied',0,'changed',NULL,NULL,NULL,'2026-11-29 20:10:42.194184');
INSERT INTO "mh_inbox" VALUES(11,'marketplace','evt-8a64108c2adc490d8e86fa701673dcfe','product.upserted','product:orphan',24,'2026-11-29 20:10:42.213485','2026-11-29 20:10:42.213591',X'7B2274797065223A202270726F647563742E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34322E3231333438355A222C202264617461223A207B2270726F647563745F6964223A20226F727068616E222C202273656C6C65725F6964223A20227332222C202276657273696F6E223A20312C20226B696E64223A20226D6F64756C65222C2022746563686E6963616C5F6E616D65223A20226F727068616E222C20227469746C65223A207B22656E223A20226F727068616E227D2C20227072696365223A207B22616D6F756E745F63656E7473223A20393930302C202263757272656E6379223A2022455552227D2C20226C697374696E67223A207B226665617475726573223A205B226F6E65225D2C2022636F6D70617469626C655F66726F6D223A2022382E302E30222C2022636F6D70617469626C655F746F223A206E756C6C2C20227075626C69736865645F6174223A2022323032362D30312D30315430303A30303A30305A227D7D7D','evt-8a64108c2adc490d8e86fa701673dcfe','parked',1,NULL,NULL,'seller:s2','2026-11-29 20:10:44.221716',NULL);
INSERT INTO "mh_inbox" VALUES(12,'marketplace','evt-38b9504482744a199c3987779a93fc19','product.status_changed','product:hidden',27,'2026-11-29 20:10:42.231216','2026-11-29 20:10:42.231320',X'7B2274797065223A202270726F647563742E7374617475735F6368616E676564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34322E3233313231365A222C202264617461223A207B2270726F647563745F6964223A202268696464656E222C2022737461747573223A20226F66666C696E655F74656D706F72617279222C20226163746F72223A202273656C6C6572222C2022726561736F6E223A202274657374222C202276657273696F6E223A20317D7D','evt-38b9504482744a199c3987779a93fc19','received',0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_inbox" VALUES(13,'marketplace','evt-c9116ddbb6594c518247dd6b08781699','product.status_changed','product:shown',40,'2026-11-29 20:10:42.231323','2026-11-29 20:10:42.231350',X'7B2274797065223A202270726F647563742E7374617475735F6368616E676564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34322E3233313332335A222C202264617461223A207B2270726F647563745F6964223A202273686F776E222C2022737461747573223A20226F6E6C696E65222C20226163746F72223A202273656C6C6572222C2022726561736F6E223A202274657374222C202276657273696F6E223A20327D7D','evt-c9116ddbb6594c518247dd6b08781699','received',0,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_inbox" VALUES(14,'marketplace','evt-e0f808e2aeb14c2c8450c3b9ca50ecee','seller.upserted','seller:s2',8,'2026-11-29 20:10:42.231351','2026-11-29 20:10:42.231371',X'7B2274797065223A202273656C6C65722E7570736572746564222C202274696D657374616D70223A2022323032362D31312D32395432303A31303A34322E3233313335315A222C202264617461223A207B2273656C6C65725F6964223A20227332222C20226E616D65223A202253656C6C6572222C2022636F756E747279223A20224652222C20226C6F63616C65223A20226672227D7D','evt-e0f808e2aeb14c2c8450c3b9ca50ecee','received',0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mh_inbox_conflicts (
	id INTEGER NOT NULL, 
	source VARCHAR(64) NOT NULL, 
	event_id VARCHAR(256) NOT NULL, 
	body BLOB NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	received_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_inbox_conflicts PRIMARY KEY (id), 
	CONSTRAINT uq_mh_inbox_conflicts_source_event_id_body_sha256 UNIQUE (source, event_id, body_sha256)
);
CREATE TABLE mh_inspections (
	number INTEGER NOT NULL, 
	id VARCHAR(40) NOT NULL, 
	url TEXT NOT NULL, 
	host VARCHAR(300) NOT NULL, 
	module VARCHAR(200), 
	purchase_id VARCHAR(100), 
	declared JSON, 
	nonce VARCHAR(64) NOT NULL, 
	with_credentials BOOLEAN DEFAULT (false) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	outcome VARCHAR(32), 
	reused_id VARCHAR(40), 
	attempts INTEGER DEFAULT '0' NOT NULL, 
	owner TEXT, 
	leased_until DATETIME, 
	created_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	reported_at DATETIME, 
	closed_at DATETIME, 
	CONSTRAINT pk_mh_inspections PRIMARY KEY (number), 
	CONSTRAINT uq_mh_inspections_id UNIQUE (id), 
	CONSTRAINT ck_mh_inspections_state CHECK (state IN ('queued', 'running', 'done')), 
	CONSTRAINT ck_mh_inspections_outcome CHECK (outcome IN ('version_known', 'partly', 'nothing'))
);
INSERT INTO "mh_inspections" VALUES(1,'chk_72fec5727ec9481798ecabc5833949cc','http://127.0.0.1:40789/','127.0.0.1:40789',NULL,NULL,NULL,'2b659595d1e2c1f3616cc11a98ddaa8e',0,'done','version_known',NULL,1,NULL,NULL,'2026-11-29 20:10:42.063384','2026-11-29 20:10:42.138198',NULL,NULL);
INSERT INTO "mh_inspections" VALUES(2,'chk_9e811aad628b487696b49b9fc1b15f8c','http://127.0.0.1:9/','127.0.0.1:9',NULL,NULL,NULL,'d513bf829c99987a6b6a854cd18432c6',0,'queued',NULL,NULL,0,NULL,NULL,'2026-11-29 20:10:42.169279',NULL,NULL,NULL);
CREATE TABLE mh_listings (
	id INTEGER NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	version INTEGER NOT NULL, 
	published_at DATETIME NOT NULL, 
	features JSON NOT NULL, 
	compatible_from VARCHAR(50), 
	compatible_to VARCHAR(50), 
	incompatible_modules JSON NOT NULL, 
	price_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	CONSTRAINT pk_mh_listings PRIMARY KEY (id), 
	CONSTRAINT fk_mh_listings_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id), 
	CONSTRAINT uq_mh_listings_product_id_version UNIQUE (product_id, version)
);
INSERT INTO "mh_listings" VALUES(1,'hidden',1,'2026-01-01 00:00:00.000000','["one"]','8.0.0',NULL,'[]',9900,'EUR');
INSERT INTO "mh_listings" VALUES(2,'withdrawn',1,'2026-01-01 00:00:00.000000','["one"]','8.0.0',NULL,'[]',9900,'EUR');
INSERT INTO "mh_listings" VALUES(3,'shown',1,'2026-01-01 00:00:00.000000','["one"]','8.0.0',NULL,'[]',9900,'EUR');
CREATE TABLE mh_locks (
	name VARCHAR(64) NOT NULL, 
	owner TEXT NOT NULL, 
	leased_until DATETIME NOT NULL, 
	CONSTRAINT pk_mh_locks PRIMARY KEY (name)
);
CREATE TABLE mh_mails (
	id INTEGER NOT NULL, 
	outbox_id INTEGER NOT NULL, 
	event_id VARCHAR(64) NOT NULL, 
	reader VARCHAR(32) NOT NULL, 
	reader_id VARCHAR(100) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	attempts SMALLINT DEFAULT '0' NOT NULL, 
	due_at DATETIME NOT NULL, 
	owner TEXT, 
	leased_until DATETIME, 
	last_error TEXT, 
	created_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_mh_mails PRIMARY KEY (id), 
	CONSTRAINT uq_mh_mails_outbox_id_reader UNIQUE (outbox_id, reader), 
	CONSTRAINT ck_mh_mails_reader CHECK (reader IN ('customer', 'seller')), 
	CONSTRAINT ck_mh_mails_state CHECK (state IN ('pending', 'sent', 'refused', 'exhausted', 'dropped'))
);
CREATE TABLE mh_messages (
	id INTEGER NOT NULL, 
	request_id VARCHAR(100) NOT NULL, 
	message_id VARCHAR(200) NOT NULL, 
	side VARCHAR(20) NOT NULL, 
	author VARCHAR(200) NOT NULL, 
	author_type VARCHAR(20) NOT NULL, 
	origin VARCHAR(20) NOT NULL, 
	kind VARCHAR(20) NOT NULL, 
	visibility VARCHAR(20) NOT NULL, 
	received_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	body_sha256 VARCHAR(64) NOT NULL, 
	headers JSON NOT NULL, 
	attachments INTEGER DEFAULT '0' NOT NULL, 
	counts BOOLEAN, 
	reason VARCHAR(64), 
	confirmed_by VARCHAR(200), 
	confirmed_at DATETIME, 
	CONSTRAINT pk_mh_messages PRIMARY KEY (id), 
	CONSTRAINT uq_mh_messages_request_id_message_id UNIQUE (request_id, message_id)
);
CREATE TABLE mh_notices (
	purchase_id VARCHAR(100) NOT NULL, 
	period_index INTEGER NOT NULL, 
	window_first_day DATE NOT NULL, 
	window_last_day DATE NOT NULL, 
	sent_at DATETIME NOT NULL, 
	owed BOOLEAN NOT NULL, 
	timeliness VARCHAR(20) NOT NULL, 
	event_id VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_mh_notices PRIMARY KEY (purchase_id, period_index), 
	CONSTRAINT fk_mh_notices_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id)
);
CREATE TABLE mh_outbox (
	id INTEGER NOT NULL, 
	event_id VARCHAR(64) NOT NULL, 
	type VARCHAR(100) NOT NULL, 
	subject_kind VARCHAR(32) NOT NULL, 
	subject_id VARCHAR(100) NOT NULL, 
	sequence INTEGER NOT NULL, 
	data JSON NOT NULL, 
	cause JSON NOT NULL, 
	cascade_id VARCHAR(40), 
	created_at DATETIME NOT NULL, 
	dispatched_at DATETIME, 
	CONSTRAINT pk_mh_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_mh_outbox_event_id UNIQUE (event_id)
);
INSERT INTO "mh_outbox" VALUES(1,'evt_01a228ee65914b1940b4425d50e66570','subscription.started','purchase','purchase-0',1,'{"purchase_id": "purchase-0", "customer_id": "c1", "product_id": "withdrawn", "first_day": "2026-10-30", "last_day": "2027-10-30"}','{"event_id": "evt-f52363980c3e426abb7c9c92bdea106b", "actor": "customer", "reason": ""}',NULL,'2026-11-29 20:10:41.937840','2026-11-29 20:10:42.054015');
INSERT INTO "mh_outbox" VALUES(2,'evt_01a228ee6591887d40e6e87ad0cf96d3','subscription.started','purchase','purchase-1',1,'{"purchase_id": "purchase-1", "customer_id": "c1", "product_id": "withdrawn", "first_day": "2026-10-30", "last_day": "2027-10-30"}','{"event_id": "evt-d2a53e7fa2144569898f7e4682d67254", "actor": "customer", "reason": ""}',NULL,'2026-11-29 20:10:41.937840','2026-11-29 20:10:42.054015');
INSERT INTO "mh_outbox" VALUES(3,'evt_01a228ee6591b8ba9b791cdb7ac12f3d','subscription.started','purchase','purchase-2',1,'{"purchase_id": "purchase-2", "customer_id": "c1", "product_id": "withdrawn", "first_day": "2026-10-30", "last_day": "2027-10-30"}','{"event_id": "evt-bc666e9bbb064c039585dea353e4116b", "actor": "customer", "reason": ""}',NULL,'2026-11-29 20:10:41.937840','2026-11-29 20:10:42.054015');
INSERT INTO "mh_outbox" VALUES(4,'evt_01a228ee6591d2a1b2f26ae698de1a35','product.hidden','product','shown',1,'{"product_id": "shown", "seller_id": "s1", "status": "offline_temporary"}','{"event_id": "evt-e6e9ba887fe04ffda9a0e6ad3aa9a286", "actor": "seller", "reason": "test"}','cas_cc704102c79149149d6d4450660547e5','2026-11-29 20:10:41.937840','2026-11-29 20:10:42.054015');
INSERT INTO "mh_outbox" VALUES(5,'evt_01a228ee6591f3314352861df9f7b6af','cascade.completed','product','shown',2,'{"cascade_id": "cas_cc704102c79149149d6d4450660547e5", "product_id": "shown", "change": "held", "steps": {"product_page": {"total": 1, "failed": 0}, "packs": {"total": 0, "failed": 0}, "renewals": {"total": 0, "failed": 0}, "events": {"total": 1, "failed": 0}}}','{"event_id": "evt-e6e9ba887fe04ffda9a0e6ad3aa9a286", "actor": "seller", "reason": "test"}','cas_cc704102c79149149d6d4450660547e5','2026-11-29 20:10:41.937840','2026-11-29 20:10:42.054015');
INSERT INTO "mh_outbox" VALUES(6,'evt_01a228ee6692ec4b420bcb34cee313e5','product.hidden','product','withdrawn',1,'{"product_id": "withdrawn", "seller_id": "s1", "status": "offline_permanent"}','{"event_id": "evt-945a096104f7474fbd479bdee459f938", "actor": "seller", "reason": "test"}','cas_09ce85e601244286891c44ffa559dfe4','2026-11-29 20:10:42.194184',NULL);
INSERT INTO "mh_outbox" VALUES(7,'evt_01a228ee669230a5b1cd55d8e122f082','product.withdrawn','product','withdrawn',2,'{"product_id": "withdrawn", "seller_id": "s1", "status": "offline_permanent"}','{"event_id": "evt-945a096104f7474fbd479bdee459f938", "actor": "seller", "reason": "test"}','cas_09ce85e601244286891c44ffa559dfe4','2026-11-29 20:10:42.194184',NULL);
CREATE TABLE mh_pack_members (
	pack_id VARCHAR(100) NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_mh_pack_members PRIMARY KEY (pack_id, product_id), 
	CONSTRAINT fk_mh_pack_members_pack_id FOREIGN KEY(pack_id) REFERENCES mh_packs (id), 
	CONSTRAINT fk_mh_pack_members_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id)
);
CREATE TABLE mh_packs (
	id VARCHAR(100) NOT NULL, 
	seller_id VARCHAR(100) NOT NULL, 
	title JSON NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	price_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	description_version INTEGER NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	shown BOOLEAN DEFAULT (true) NOT NULL, 
	announced_by VARCHAR(40), 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_packs PRIMARY KEY (id), 
	CONSTRAINT fk_mh_packs_seller_id FOREIGN KEY(seller_id) REFERENCES mh_sellers (id), 
	CONSTRAINT ck_mh_packs_status CHECK (status IN ('online', 'offline_temporary', 'offline_permanent'))
);
CREATE TABLE mh_periods (
	purchase_id VARCHAR(100) NOT NULL, 
	period_index INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	first_day DATE NOT NULL, 
	last_day DATE NOT NULL, 
	starts_at DATETIME NOT NULL, 
	payment VARCHAR(32) NOT NULL, 
	settled_at DATETIME, 
	amount_cents INTEGER, 
	currency VARCHAR(3), 
	charge_id VARCHAR(200), 
	claimed_at DATETIME, 
	reversal_asked_at DATETIME, 
	CONSTRAINT pk_mh_periods PRIMARY KEY (purchase_id, period_index), 
	CONSTRAINT fk_mh_periods_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT ck_mh_periods_kind CHECK (kind IN ('purchase', 'renewal', 'reactivation')), 
	CONSTRAINT ck_mh_periods_payment CHECK (payment IN ('paid', 'pending', 'failed'))
);
INSERT INTO "mh_periods" VALUES('purchase-0',1,'purchase','2026-10-30','2027-10-30','2026-10-30 20:10:41.672368','paid',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_periods" VALUES('purchase-1',1,'purchase','2026-10-30','2027-10-30','2026-10-30 20:10:41.672368','paid',NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_periods" VALUES('purchase-2',1,'purchase','2026-10-30','2027-10-30','2026-10-30 20:10:41.672368','paid',NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mh_product_categories (
	product_id VARCHAR(100) NOT NULL, 
	category VARCHAR(100) NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	CONSTRAINT pk_mh_product_categories PRIMARY KEY (product_id, category), 
	CONSTRAINT fk_mh_product_categories_product_id FOREIGN KEY(product_id, status) REFERENCES mh_products (id, status) ON DELETE CASCADE ON UPDATE CASCADE, 
	CONSTRAINT ck_mh_product_categories_status CHECK (status IN ('online', 'offline_temporary', 'offline_permanent'))
);
CREATE TABLE mh_products (
	id VARCHAR(100) NOT NULL, 
	seller_id VARCHAR(100) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	technical_name VARCHAR(200) NOT NULL, 
	title JSON NOT NULL, 
	description JSON NOT NULL, 
	categories JSON NOT NULL, 
	words TEXT DEFAULT '' NOT NULL, 
	price_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	description_version INTEGER NOT NULL, 
	status VARCHAR(32) NOT NULL, 
	shown BOOLEAN DEFAULT (true) NOT NULL, 
	announced_by VARCHAR(40), 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	created_at DATETIME NOT NULL, 
	changed_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_products PRIMARY KEY (id), 
	CONSTRAINT fk_mh_products_seller_id FOREIGN KEY(seller_id) REFERENCES mh_sellers (id), 
	CONSTRAINT ck_mh_products_kind CHECK (kind IN ('module', 'theme')), 
	CONSTRAINT ck_mh_products_status CHECK (status IN ('online', 'offline_temporary', 'offline_permanent'))
);
INSERT INTO "mh_products" VALUES('hidden','s1','module','hidden','{"en": "hidden"}','{}','[]','hidden',9900,'EUR',1,'online',1,NULL,0,'2026-11-29 20:10:41.766300','2026-11-29 20:10:41.766300');
INSERT INTO "mh_products" VALUES('withdrawn','s1','module','withdrawn','{"en": "withdrawn"}','{}','[]','withdrawn',9900,'EUR',1,'offline_permanent',0,NULL,2,'2026-11-29 20:10:41.766300','2026-11-29 20:10:42.194184');
INSERT INTO "mh_products" VALUES('shown','s1','module','shown','{"en": "shown"}','{}','[]','shown',9900,'EUR',1,'offline_temporary',0,NULL,2,'2026-11-29 20:10:41.766300','2026-11-29 20:10:41.937840');
CREATE TABLE mh_purchases (
	id VARCHAR(100) NOT NULL, 
	customer_id VARCHAR(100) NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	pack_id VARCHAR(100), 
	listing_id INTEGER, 
	price_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	shop_url TEXT, 
	shop_bound_at DATETIME, 
	purchased_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	refunded_cents INTEGER DEFAULT '0' NOT NULL, 
	refunded_at DATETIME, 
	terminated_at DATETIME, 
	terminated_reason TEXT, 
	disputed_at DATETIME, 
	dispute_won_at DATETIME, 
	dispute_lost_at DATETIME, 
	CONSTRAINT pk_mh_purchases PRIMARY KEY (id), 
	CONSTRAINT fk_mh_purchases_customer_id FOREIGN KEY(customer_id) REFERENCES mh_customers (id), 
	CONSTRAINT fk_mh_purchases_listing_id FOREIGN KEY(listing_id) REFERENCES mh_listings (id), 
	CONSTRAINT fk_mh_purchases_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id)
);
INSERT INTO "mh_purchases" VALUES('purchase-0','c1','withdrawn',NULL,2,9900,'EUR',NULL,NULL,'2026-10-30 20:10:41.672368','2026-11-29 20:10:41.920561',0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_purchases" VALUES('purchase-1','c1','withdrawn',NULL,2,9900,'EUR',NULL,NULL,'2026-10-30 20:10:41.672368','2026-11-29 20:10:41.920602',0,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_purchases" VALUES('purchase-2','c1','withdrawn',NULL,2,9900,'EUR',NULL,NULL,'2026-10-30 20:10:41.672368','2026-11-29 20:10:41.920632',0,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mh_purge_marks (
	kind VARCHAR(32) NOT NULL, 
	upto INTEGER DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_mh_purge_marks PRIMARY KEY (kind)
);
CREATE TABLE mh_refund_claims (
	request_id VARCHAR(100) NOT NULL, 
	purchase_id VARCHAR(100) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	due_at DATETIME NOT NULL, 
	request_at DATETIME, 
	requested_at DATETIME, 
	settled_at DATETIME, 
	amount_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	lines JSON NOT NULL, 
	path VARCHAR(20) NOT NULL, 
	reason TEXT, seller_id VARCHAR(100) DEFAULT '' NOT NULL, 
	CONSTRAINT pk_mh_refund_claims PRIMARY KEY (request_id), 
	CONSTRAINT fk_mh_refund_claims_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT ck_mh_refund_claims_state CHECK (state IN ('none', 'due', 'requested', 'waived', 'refunded', 'manual'))
);
CREATE TABLE mh_refunds (
	id INTEGER NOT NULL, 
	purchase_id VARCHAR(100) NOT NULL, 
	refunded_at DATETIME NOT NULL, 
	amount_cents INTEGER NOT NULL, 
	request_id VARCHAR(100), 
	CONSTRAINT pk_mh_refunds PRIMARY KEY (id), 
	CONSTRAINT ck_mh_refunds_positive CHECK (amount_cents > 0), 
	CONSTRAINT fk_mh_refunds_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT uq_mh_refunds_purchase_id_refunded_at_amount_cents UNIQUE (purchase_id, refunded_at, amount_cents)
);
CREATE TABLE mh_refusals (
	id INTEGER NOT NULL, 
	request_id VARCHAR(100) NOT NULL, 
	ground VARCHAR(64) NOT NULL, 
	refused_at DATETIME NOT NULL, 
	overturned_at DATETIME, 
	CONSTRAINT pk_mh_refusals PRIMARY KEY (id)
);
CREATE TABLE mh_release_purchases (
	release_id VARCHAR(100) NOT NULL, 
	purchase_id VARCHAR(100) NOT NULL, 
	amount_cents INTEGER NOT NULL, 
	currency VARCHAR(3) NOT NULL, 
	purchased_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_release_purchases PRIMARY KEY (release_id, purchase_id), 
	CONSTRAINT fk_mh_release_purchases_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT fk_mh_release_purchases_release_id FOREIGN KEY(release_id) REFERENCES mh_releases (id)
);
CREATE TABLE mh_releases (
	id VARCHAR(100) NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	number VARCHAR(50) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	compatible_from VARCHAR(50), 
	compatible_to VARCHAR(50), 
	published_at DATETIME NOT NULL, 
	download_url TEXT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	price_cents INTEGER, 
	currency VARCHAR(3), 
	manifest JSON, 
	fixes JSON NOT NULL, described_at DATETIME, 
	CONSTRAINT pk_mh_releases PRIMARY KEY (id), 
	CONSTRAINT fk_mh_releases_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id), 
	CONSTRAINT ck_mh_releases_kind CHECK (kind IN ('free', 'paid'))
);
CREATE TABLE mh_renewal_changes (
	id INTEGER NOT NULL, 
	purchase_id VARCHAR(100) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	actor VARCHAR(100) NOT NULL, 
	received_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	CONSTRAINT pk_mh_renewal_changes PRIMARY KEY (id), 
	CONSTRAINT fk_mh_renewal_changes_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT uq_mh_renewal_changes_purchase_id_received_at_enabled UNIQUE (purchase_id, received_at, enabled)
);
CREATE TABLE mh_request_drafts (
	id VARCHAR(32) NOT NULL, 
	customer_id VARCHAR(100) NOT NULL, 
	purchase_id VARCHAR(100), 
	product_id VARCHAR(100) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	shop_url TEXT, 
	check_id VARCHAR(40), 
	changed_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_mh_request_drafts PRIMARY KEY (id), 
	CONSTRAINT fk_mh_request_drafts_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id), 
	CONSTRAINT fk_mh_request_drafts_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT uq_mh_request_drafts_check_id UNIQUE (check_id), 
	CONSTRAINT ck_mh_request_drafts_kind CHECK (kind IN ('anomaly', 'installation', 'configuration', 'question'))
);
CREATE TABLE mh_requests (
	number INTEGER NOT NULL, 
	id VARCHAR(100) NOT NULL, 
	purchase_id VARCHAR(100), 
	customer_id VARCHAR(100) NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	seller_id VARCHAR(100) NOT NULL, 
	presale BOOLEAN DEFAULT (false) NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	proposed_kind VARCHAR(32), 
	subject TEXT NOT NULL, 
	body TEXT NOT NULL, 
	fingerprint VARCHAR(64) NOT NULL, 
	shop_url TEXT, 
	check_id VARCHAR(40), 
	submitted_at DATETIME NOT NULL, 
	recorded_at DATETIME NOT NULL, 
	handling VARCHAR(32) NOT NULL, 
	duplicate_of VARCHAR(100), 
	entitlement JSON NOT NULL, 
	listing_id INTEGER, 
	checks JSON NOT NULL, 
	grounds JSON NOT NULL, 
	waived JSON NOT NULL, 
	missing JSON NOT NULL, 
	clocks_from DATETIME, 
	waits_until DATETIME, 
	reminded_at DATETIME, 
	acknowledged_at DATETIME, 
	refusal JSON, 
	refused_at DATETIME, 
	contested_at DATETIME, 
	overturned_at DATETIME, 
	resolution JSON, 
	resolved_at DATETIME, 
	offer JSON, 
	closed_at DATETIME, 
	closed_reason VARCHAR(64), 
	next_deadline_at DATETIME, 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_mh_requests PRIMARY KEY (number), 
	CONSTRAINT fk_mh_requests_listing_id FOREIGN KEY(listing_id) REFERENCES mh_listings (id), 
	CONSTRAINT fk_mh_requests_product_id FOREIGN KEY(product_id) REFERENCES mh_products (id), 
	CONSTRAINT fk_mh_requests_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT uq_mh_requests_id UNIQUE (id), 
	CONSTRAINT ck_mh_requests_kind CHECK (kind IN ('anomaly', 'installation', 'configuration', 'question')), 
	CONSTRAINT ck_mh_requests_proposed_kind CHECK (proposed_kind IN ('anomaly', 'installation', 'configuration', 'question')), 
	CONSTRAINT ck_mh_requests_handling CHECK (handling IN ('submitted', 'needs_information', 'not_entitled', 'accepted', 'acknowledged', 'refused', 'contested', 'resolved', 'closed', 'abandoned', 'withdrawn_by_customer'))
);
CREATE TABLE mh_runs (
	name VARCHAR(64) NOT NULL, 
	last_at DATETIME NOT NULL, 
	held_since DATETIME, 
	CONSTRAINT pk_mh_runs PRIMARY KEY (name)
);
INSERT INTO "mh_runs" VALUES('renewals','2026-11-29 20:10:42.027685',NULL);
CREATE TABLE mh_sellers (
	id VARCHAR(100) NOT NULL, 
	name VARCHAR(200) NOT NULL, 
	country VARCHAR(2) NOT NULL, 
	locale VARCHAR(20) NOT NULL, 
	helpdesk_relays JSON NOT NULL, 
	sequence INTEGER DEFAULT '0' NOT NULL, 
	described_at DATETIME NOT NULL, 
	account_at DATETIME, email VARCHAR(320), 
	CONSTRAINT pk_mh_sellers PRIMARY KEY (id)
);
INSERT INTO "mh_sellers" VALUES('s1','Seller','FR','fr','[]',0,'2026-11-29 20:10:41.672397',NULL,NULL);
CREATE TABLE mh_shards (
	shard SMALLINT NOT NULL, 
	owner TEXT, 
	leased_until DATETIME, 
	CONSTRAINT pk_mh_shards PRIMARY KEY (shard)
);
INSERT INTO "mh_shards" VALUES(0,NULL,NULL);
INSERT INTO "mh_shards" VALUES(1,NULL,NULL);
INSERT INTO "mh_shards" VALUES(2,NULL,NULL);
INSERT INTO "mh_shards" VALUES(3,NULL,NULL);
INSERT INTO "mh_shards" VALUES(4,NULL,NULL);
INSERT INTO "mh_shards" VALUES(5,NULL,NULL);
INSERT INTO "mh_shards" VALUES(6,NULL,NULL);
INSERT INTO "mh_shards" VALUES(7,NULL,NULL);
INSERT INTO "mh_shards" VALUES(8,NULL,NULL);
INSERT INTO "mh_shards" VALUES(9,NULL,NULL);
INSERT INTO "mh_shards" VALUES(10,NULL,NULL);
INSERT INTO "mh_shards" VALUES(11,NULL,NULL);
INSERT INTO "mh_shards" VALUES(12,NULL,NULL);
INSERT INTO "mh_shards" VALUES(13,NULL,NULL);
INSERT INTO "mh_shards" VALUES(14,NULL,NULL);
INSERT INTO "mh_shards" VALUES(15,NULL,NULL);
INSERT INTO "mh_shards" VALUES(16,NULL,NULL);
INSERT INTO "mh_shards" VALUES(17,NULL,NULL);
INSERT INTO "mh_shards" VALUES(18,NULL,NULL);
INSERT INTO "mh_shards" VALUES(19,NULL,NULL);
INSERT INTO "mh_shards" VALUES(20,NULL,NULL);
INSERT INTO "mh_shards" VALUES(21,NULL,NULL);
INSERT INTO "mh_shards" VALUES(22,NULL,NULL);
INSERT INTO "mh_shards" VALUES(23,NULL,NULL);
INSERT INTO "mh_shards" VALUES(24,NULL,NULL);
INSERT INTO "mh_shards" VALUES(25,NULL,NULL);
INSERT INTO "mh_shards" VALUES(26,NULL,NULL);
INSERT INTO "mh_shards" VALUES(27,NULL,NULL);
INSERT INTO "mh_shards" VALUES(28,NULL,NULL);
INSERT INTO "mh_shards" VALUES(29,NULL,NULL);
INSERT INTO "mh_shards" VALUES(30,NULL,NULL);
INSERT INTO "mh_shards" VALUES(31,NULL,NULL);
INSERT INTO "mh_shards" VALUES(32,NULL,NULL);
INSERT INTO "mh_shards" VALUES(33,NULL,NULL);
INSERT INTO "mh_shards" VALUES(34,NULL,NULL);
INSERT INTO "mh_shards" VALUES(35,NULL,NULL);
INSERT INTO "mh_shards" VALUES(36,NULL,NULL);
INSERT INTO "mh_shards" VALUES(37,NULL,NULL);
INSERT INTO "mh_shards" VALUES(38,NULL,NULL);
INSERT INTO "mh_shards" VALUES(39,NULL,NULL);
INSERT INTO "mh_shards" VALUES(40,NULL,NULL);
INSERT INTO "mh_shards" VALUES(41,NULL,NULL);
INSERT INTO "mh_shards" VALUES(42,NULL,NULL);
INSERT INTO "mh_shards" VALUES(43,NULL,NULL);
INSERT INTO "mh_shards" VALUES(44,NULL,NULL);
INSERT INTO "mh_shards" VALUES(45,NULL,NULL);
INSERT INTO "mh_shards" VALUES(46,NULL,NULL);
INSERT INTO "mh_shards" VALUES(47,NULL,NULL);
INSERT INTO "mh_shards" VALUES(48,NULL,NULL);
INSERT INTO "mh_shards" VALUES(49,NULL,NULL);
INSERT INTO "mh_shards" VALUES(50,NULL,NULL);
INSERT INTO "mh_shards" VALUES(51,NULL,NULL);
INSERT INTO "mh_shards" VALUES(52,NULL,NULL);
INSERT INTO "mh_shards" VALUES(53,NULL,NULL);
INSERT INTO "mh_shards" VALUES(54,NULL,NULL);
INSERT INTO "mh_shards" VALUES(55,NULL,NULL);
INSERT INTO "mh_shards" VALUES(56,NULL,NULL);
INSERT INTO "mh_shards" VALUES(57,NULL,NULL);
INSERT INTO "mh_shards" VALUES(58,NULL,NULL);
INSERT INTO "mh_shards" VALUES(59,NULL,NULL);
INSERT INTO "mh_shards" VALUES(60,NULL,NULL);
INSERT INTO "mh_shards" VALUES(61,NULL,NULL);
INSERT INTO "mh_shards" VALUES(62,NULL,NULL);
INSERT INTO "mh_shards" VALUES(63,NULL,NULL);
CREATE TABLE mh_sides (
	subject_kind VARCHAR(32) NOT NULL, 
	subject_id VARCHAR(100) NOT NULL, 
	side VARCHAR(32) NOT NULL, 
	version INTEGER DEFAULT '0' NOT NULL, 
	changed_here_at DATETIME, 
	held BOOLEAN DEFAULT (false) NOT NULL, 
	held_since DATETIME, 
	held_reason TEXT, 
	held_cause JSON, 
	scheduled_status VARCHAR(32), 
	scheduled_at DATETIME, 
	scheduled_received_at DATETIME, 
	scheduled_reason TEXT, 
	scheduled_cause JSON, 
	CONSTRAINT pk_mh_sides PRIMARY KEY (subject_kind, subject_id, side), 
	CONSTRAINT ck_mh_sides_slot CHECK ((scheduled_status IS NULL) = (scheduled_at IS NULL)), 
	CONSTRAINT ck_mh_sides_subject_kind CHECK (subject_kind IN ('product', 'pack', 'seller')), 
	CONSTRAINT ck_mh_sides_side CHECK (side IN ('seller', 'marketplace', 'account')), 
	CONSTRAINT ck_mh_sides_scheduled_status CHECK (scheduled_status IN ('online', 'offline_temporary', 'offline_permanent'))
);
INSERT INTO "mh_sides" VALUES('product','shown','seller',1,NULL,1,'2026-11-29 20:10:41.920655','test','{"event_id": "evt-e6e9ba887fe04ffda9a0e6ad3aa9a286", "actor": "seller", "reason": "test"}',NULL,NULL,NULL,NULL,NULL);
INSERT INTO "mh_sides" VALUES('product','withdrawn','seller',1,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE mh_site_bindings (
	purchase_id VARCHAR(100) NOT NULL, 
	bound_at DATETIME NOT NULL, 
	shop_url TEXT NOT NULL, 
	CONSTRAINT pk_mh_site_bindings PRIMARY KEY (purchase_id, bound_at), 
	CONSTRAINT fk_mh_site_bindings_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id)
);
CREATE TABLE mh_site_credentials (
	inspection_number INTEGER NOT NULL, 
	kind VARCHAR(32) NOT NULL, 
	host VARCHAR(300) NOT NULL, 
	locked BLOB NOT NULL, 
	kept_until DATETIME, 
	CONSTRAINT pk_mh_site_credentials PRIMARY KEY (inspection_number, kind), 
	CONSTRAINT fk_mh_site_credentials_inspection_number FOREIGN KEY(inspection_number) REFERENCES mh_inspections (number), 
	CONSTRAINT ck_mh_site_credentials_kind CHECK (kind IN ('webservice_key', 'client_id', 'client_secret', 'companion_key', 'report_key'))
);
INSERT INTO "mh_site_credentials" VALUES(1,'report_key','127.0.0.1:40789',X'674141414141427244496243336F4F506B336642546377765763574D4B76336D62766D744862495855435A65444B47574B6A346C716D5668744557574F48386F316E5443527855795F6D44653464443054565638776F30644A5A496C67412D302D67764A667A383535374C4B68347846525033506C4F7476637256704859396E57324D637873525653716C33','2026-11-30 20:10:42.063384');
INSERT INTO "mh_site_credentials" VALUES(2,'report_key','127.0.0.1:9',X'67414141414142724449624368685369344172366F796B38517634562D795F4E43626C495246504D63566B7443766B4145794730483246564E4B5868437A324D674E6C575831456F6F4769704D49485335657A32584169384D446E4950584151563467712D724D3779697A6A39646F67673870347A7A75564866476F52552D4E4F354B2D4347327154467069','2026-11-30 20:10:42.169279');
CREATE TABLE mh_subscriptions (
	purchase_id VARCHAR(100) NOT NULL, 
	customer_id VARCHAR(100) NOT NULL, 
	product_id VARCHAR(100) NOT NULL, 
	state VARCHAR(32) NOT NULL, 
	anchor_on DATE NOT NULL, 
	anchor_index INTEGER NOT NULL, 
	current_index INTEGER NOT NULL, 
	last_day DATE NOT NULL, 
	renewal_at DATETIME NOT NULL, 
	notice_at DATETIME, 
	customer_stopped_at DATETIME, 
	customer_lifted_at DATETIME, 
	withdrawn_from DATETIME, 
	withdrawal_lifted_at DATETIME, 
	cancelled_by VARCHAR(40), 
	sequence INTEGER DEFAULT '0' NOT NULL, told_by VARCHAR(40), 
	CONSTRAINT pk_mh_subscriptions PRIMARY KEY (purchase_id), 
	CONSTRAINT fk_mh_subscriptions_purchase_id FOREIGN KEY(purchase_id) REFERENCES mh_purchases (id), 
	CONSTRAINT ck_mh_subscriptions_state CHECK (state IN ('active', 'payment_pending', 'expired', 'ended'))
);
INSERT INTO "mh_subscriptions" VALUES('purchase-0','c1','withdrawn','active','2026-10-30',1,1,'2027-10-30','2027-10-30 22:00:00.000000','2027-08-29 22:00:00.000000',NULL,NULL,NULL,NULL,NULL,1,NULL);
INSERT INTO "mh_subscriptions" VALUES('purchase-1','c1','withdrawn','active','2026-10-30',1,1,'2027-10-30','2027-10-30 22:00:00.000000','2027-08-29 22:00:00.000000',NULL,NULL,NULL,NULL,NULL,1,NULL);
INSERT INTO "mh_subscriptions" VALUES('purchase-2','c1','withdrawn','active','2026-10-30',1,1,'2027-10-30','2027-10-30 22:00:00.000000','2027-08-29 22:00:00.000000',NULL,NULL,NULL,NULL,NULL,1,NULL);
CREATE TABLE mh_tokens (
	id VARCHAR(40) NOT NULL, 
	secret_sha256 VARCHAR(64) NOT NULL, 
	role VARCHAR(32) NOT NULL, 
	subject VARCHAR(100), 
	label TEXT DEFAULT '' NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	CONSTRAINT pk_mh_tokens PRIMARY KEY (id), 
	CONSTRAINT uq_mh_tokens_secret_sha256 UNIQUE (secret_sha256), 
	CONSTRAINT ck_mh_tokens_role CHECK (role IN ('platform', 'operator', 'seller', 'customer'))
);
CREATE TABLE mh_withdrawals (
	id INTEGER NOT NULL, 
	subject_kind VARCHAR(32) NOT NULL, 
	subject_id VARCHAR(100) NOT NULL, 
	side VARCHAR(32) NOT NULL, 
	reason TEXT NOT NULL, 
	cause JSON NOT NULL, 
	received_at DATETIME NOT NULL, 
	effective_at DATETIME NOT NULL, 
	reinstated_at DATETIME, 
	reinstated_reason TEXT, 
	CONSTRAINT pk_mh_withdrawals PRIMARY KEY (id), 
	CONSTRAINT ck_mh_withdrawals_subject_kind CHECK (subject_kind IN ('product', 'pack', 'seller')), 
	CONSTRAINT ck_mh_withdrawals_side CHECK (side IN ('seller', 'marketplace', 'account'))
);
INSERT INTO "mh_withdrawals" VALUES(1,'product','withdrawn','seller','test','{"event_id": "evt-945a096104f7474fbd479bdee459f938", "actor": "seller", "reason": "test"}','2026-11-29 20:10:42.180306','2026-11-29 20:10:42.180306',NULL,NULL);
CREATE INDEX ix_mh_cascades_subject ON mh_cascades (subject_kind, subject_id, number);
CREATE INDEX ix_mh_cascades_work ON mh_cascades (number) WHERE state = 'running';
CREATE INDEX ix_mh_inbox_parked ON mh_inbox (parked_on, due_at) WHERE state = 'parked';
CREATE INDEX ix_mh_inbox_state ON mh_inbox (state, id);
CREATE INDEX ix_mh_inbox_subject ON mh_inbox (subject, id);
CREATE INDEX ix_mh_inbox_type ON mh_inbox (type, id);
CREATE INDEX ix_mh_inbox_work ON mh_inbox (shard, id) WHERE state = 'received';
CREATE INDEX ix_mh_outbox_cascade ON mh_outbox (cascade_id, id) WHERE cascade_id IS NOT NULL;
CREATE INDEX ix_mh_outbox_subject ON mh_outbox (subject_kind, subject_id, id);
CREATE INDEX ix_mh_outbox_undispatched ON mh_outbox (id) WHERE dispatched_at IS NULL;
CREATE INDEX ix_mh_sides_scheduled ON mh_sides (scheduled_at) WHERE scheduled_at IS NOT NULL;
CREATE UNIQUE INDEX uq_mh_withdrawals_standing ON mh_withdrawals (subject_kind, subject_id) WHERE reinstated_at IS NULL;
CREATE INDEX ix_mh_deliveries_due ON mh_deliveries (endpoint_id, due_at, id) WHERE state = 'pending';
CREATE INDEX ix_mh_deliveries_state ON mh_deliveries (state, id);
CREATE INDEX ix_mh_idempotent_calls_age ON mh_idempotent_calls (started_at);
CREATE INDEX ix_mh_packs_seller ON mh_packs (seller_id, id);
CREATE INDEX ix_mh_packs_status ON mh_packs (status, id);
CREATE INDEX ix_mh_products_seller ON mh_products (seller_id, id);
CREATE INDEX ix_mh_products_status ON mh_products (status, id);
CREATE INDEX ix_mh_listings_in_force ON mh_listings (product_id, published_at, version);
CREATE INDEX ix_mh_pack_members_product ON mh_pack_members (product_id, pack_id);
CREATE INDEX ix_mh_inspections_purchase ON mh_inspections (purchase_id, number);
CREATE INDEX ix_mh_inspections_site ON mh_inspections (host, finished_at);
CREATE UNIQUE INDEX uq_mh_inspections_running ON mh_inspections (host) WHERE state = 'running';
CREATE INDEX ix_mh_inspections_work ON mh_inspections (number) WHERE state <> 'done';
CREATE INDEX ix_mh_evidence_inspection ON mh_evidence (inspection_number, id);
CREATE INDEX ix_mh_site_credentials_kept ON mh_site_credentials (kept_until) WHERE kept_until IS NOT NULL;
CREATE INDEX ix_mh_releases_product ON mh_releases (product_id, published_at, id);
CREATE INDEX ix_mh_purchases_customer ON mh_purchases (customer_id, product_id, id);
CREATE INDEX ix_mh_purchases_product ON mh_purchases (product_id, id);
CREATE INDEX ix_mh_release_purchases_purchase ON mh_release_purchases (purchase_id);
CREATE INDEX ix_mh_subscriptions_customer ON mh_subscriptions (customer_id, purchase_id);
CREATE INDEX ix_mh_subscriptions_due ON mh_subscriptions (renewal_at) WHERE state = 'active';
CREATE INDEX ix_mh_subscriptions_notice ON mh_subscriptions (notice_at) WHERE notice_at IS NOT NULL AND state = 'active';
CREATE INDEX ix_mh_subscriptions_product ON mh_subscriptions (product_id, purchase_id);
CREATE INDEX ix_mh_clocks_due ON mh_clocks (due_before) WHERE state = 'running';
CREATE INDEX ix_mh_clocks_warn ON mh_clocks (warn_at) WHERE warn_at IS NOT NULL AND state = 'running';
CREATE INDEX ix_mh_messages_same_body ON mh_messages (body_sha256, received_at);
CREATE INDEX ix_mh_messages_to_confirm ON mh_messages (id) WHERE counts IS NULL AND side = 'seller';
CREATE INDEX ix_mh_closures_seller ON mh_closures (seller_id, first_day);
CREATE INDEX ix_mh_refund_claims_due ON mh_refund_claims (request_at) WHERE state = 'due';
CREATE INDEX ix_mh_refund_claims_purchase ON mh_refund_claims (purchase_id);
CREATE INDEX ix_mh_requests_customer ON mh_requests (customer_id, number);
CREATE INDEX ix_mh_requests_product ON mh_requests (product_id, handling);
CREATE INDEX ix_mh_requests_same ON mh_requests (purchase_id, fingerprint);
CREATE INDEX ix_mh_requests_seller ON mh_requests (seller_id, next_deadline_at, number);
CREATE INDEX ix_mh_requests_waiting ON mh_requests (waits_until) WHERE waits_until IS NOT NULL;
CREATE INDEX ix_mh_products_seller_status ON mh_products (seller_id, status, id);
CREATE INDEX ix_mh_requests_open ON mh_requests (seller_id, next_deadline_at, number) WHERE closed_at IS NULL;
CREATE INDEX ix_mh_refund_claims_seller ON mh_refund_claims (seller_id, due_at, request_id);
CREATE INDEX ix_mh_inbox_received ON mh_inbox (received_at);
CREATE INDEX ix_mh_refund_claims_state ON mh_refund_claims (state, due_at, request_id);
CREATE INDEX ix_mh_cascades_failed ON mh_cascades (number) WHERE state = 'failed';
CREATE INDEX ix_mh_requests_contested ON mh_requests (number) WHERE handling = 'contested';
CREATE INDEX ix_mh_clocks_missed ON mh_clocks (missed_at, request_id, name) WHERE missed_at IS NOT NULL;
CREATE UNIQUE INDEX uq_mh_products_id_status ON mh_products (id, status);
CREATE INDEX ix_mh_product_categories_status ON mh_product_categories (status, category, product_id);
CREATE INDEX ix_mh_requests_started ON mh_requests (seller_id, clocks_from);
CREATE INDEX ix_mh_refusals_request ON mh_refusals (request_id, id);
CREATE INDEX ix_mh_requests_check ON mh_requests (check_id) WHERE check_id IS NOT NULL;
CREATE INDEX ix_mh_request_drafts_changed ON mh_request_drafts (changed_at);
CREATE INDEX ix_mh_request_drafts_customer ON mh_request_drafts (customer_id, changed_at);
CREATE INDEX ix_mh_mails_due ON mh_mails (due_at, id) WHERE state = 'pending';
CREATE INDEX ix_mh_mails_state ON mh_mails (state, id);
COMMIT;
